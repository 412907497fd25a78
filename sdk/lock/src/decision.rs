//! The decision to open, in the order of spec §8.5, and the proof that it was made.
//!
//! A [`Permission`] can be built in this module alone. It becomes an [`UnlockOrder`] only with the sequence number of the event
//! that was written for it, and only an order starts a motor.

use thumbturn_protocol::answer::{Fault, Outcome};
use thumbturn_protocol::claim::{DoorConfiguration, DoorKind};
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::ids::{Generation, HolderId, ListVersion, OperationId, Serial};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::validity::Validity;

use crate::clock::{Allowance, Reading};
use crate::facts::Facts;
use crate::hardware::Readiness;
use thumbturn_protocol::event::Sequence;

/// Everything a decision depends on besides the credential.
#[derive(Debug)]
pub(crate) struct Circumstances<'a> {
    pub(crate) configuration: &'a DoorConfiguration,
    /// The generation of the list, whose serials the deny entries are about.
    pub(crate) list_generation: Generation,
    /// Whether the key that signed the grant is still valid (spec §11.4).
    pub(crate) signer_is_valid: bool,
    /// Whether the bulletin in force names the credential (spec §11.2).
    pub(crate) denied_by_bulletin: bool,
    /// The rows of the list that concern it. The claim's entries hold beside them until the first snapshot.
    pub(crate) deny_rows: &'a [DenyEntry],
    pub(crate) clock: Reading,
    pub(crate) motor: Motor,
    pub(crate) readiness: Readiness,
}

/// What the motor is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Motor {
    /// Nothing.
    Free,
    /// Opening the door.
    Moving,
}

/// All checks passed for one operation.
#[derive(Debug)]
#[must_use = "a permission that is not used opens nothing"]
pub(crate) struct Permission {
    operation: OperationId,
}

/// All checks passed and the event is in flash: the motor may start. Neither copied nor stored.
#[derive(Debug)]
#[must_use = "an order that is not given opens nothing"]
pub struct UnlockOrder {
    operation: OperationId,
    sequence: Sequence,
}

impl Permission {
    /// The order, once the event is written as `sequence`.
    pub(crate) const fn written(self, sequence: Sequence) -> UnlockOrder {
        UnlockOrder { operation: self.operation, sequence }
    }
}

impl UnlockOrder {
    /// The operation that it is for.
    #[must_use]
    pub const fn operation(&self) -> OperationId {
        self.operation
    }

    /// The event that was written for it.
    #[must_use]
    pub const fn sequence(&self) -> Sequence {
        self.sequence
    }
}

/// Steps 5 to 9 of spec §8.5: the permission, or the first check that fails.
pub(crate) fn decide(
    facts: &Facts,
    operation: OperationId,
    circumstances: &Circumstances<'_>,
) -> Result<Permission, Outcome> {
    check_not_denied(facts, circumstances)?;
    check_clock(facts, circumstances)?;
    if !facts.roles.contains(Roles::UNLOCK) {
        return Err(Outcome::Denied);
    }
    check_times(facts, circumstances)?;
    if !meets_min_list_version(facts, circumstances) {
        return Err(Outcome::UpdateRequired);
    }
    check_actuator(circumstances)?;
    Ok(Permission { operation })
}

/// What the list says of a doorcode or card. Its serial is one of the list's generation.
#[derive(Debug)]
pub(crate) struct ListedCredential {
    pub(crate) holder: HolderId,
    pub(crate) serial: Serial,
    pub(crate) staff: bool,
    pub(crate) validity: Validity,
}

/// Steps 5 to 9 for a doorcode or card of the list: it has neither lease nor minimal version (spec §14.4, §14.8).
pub(crate) fn decide_listed(
    credential: &ListedCredential,
    operation: OperationId,
    circumstances: &Circumstances<'_>,
) -> Result<Permission, Outcome> {
    let entries = circumstances.configuration.deny.iter().chain(circumstances.deny_rows);
    let is_denied = entries.into_iter().any(|entry| denies_listed(entry, credential));
    if circumstances.denied_by_bulletin || is_denied {
        return Err(Outcome::Denied);
    }
    let validity = core::iter::once(&credential.validity);
    check_unsure_clock(validity, None, circumstances)?;
    if let Reading::Sure(instant) = circumstances.clock {
        check_window(&credential.validity, instant)?;
        check_schedule(&credential.validity, instant, circumstances)?;
    }
    check_actuator(circumstances)?;
    Ok(Permission { operation })
}

/// Steps 5 and 9 for a daily code whose day, kind and minutes fit: it has no row, and its epoch is its serial (spec §14.4).
pub(crate) fn decide_daily(
    operation: OperationId,
    circumstances: &Circumstances<'_>,
) -> Result<Permission, Outcome> {
    if circumstances.denied_by_bulletin {
        return Err(Outcome::Denied);
    }
    check_actuator(circumstances)?;
    Ok(Permission { operation })
}

/// Step 9.
const fn check_actuator(circumstances: &Circumstances<'_>) -> Result<(), Outcome> {
    match (circumstances.motor, circumstances.readiness) {
        (Motor::Moving, _) => Err(Outcome::Busy),
        (Motor::Free, Readiness::Jammed) => Err(Outcome::DoorFault(Fault::Jammed)),
        (Motor::Free, Readiness::BatteryTooLow) => Err(Outcome::DoorFault(Fault::Battery)),
        (Motor::Free, Readiness::Ready) => Ok(()),
    }
}

fn denies_listed(entry: &DenyEntry, credential: &ListedCredential) -> bool {
    let concerned = match entry.subject {
        DenySubject::Holder(holder) => holder == credential.holder,
        DenySubject::EverybodyButStaff => !credential.staff,
        DenySubject::Phone(_) | DenySubject::Share(_) => false,
        _ => true,
    };
    concerned && credential.serial < entry.void_before
}

/// Who may deliver without opening (spec §8.8). Neither an old list nor an unsure clock keeps somebody out who brings the cure, so
/// only what ended for certain counts then.
pub(crate) fn admit(facts: &Facts, circumstances: &Circumstances<'_>) -> Result<(), Outcome> {
    check_not_denied(facts, circumstances)?;
    if let Reading::Unsure { floor, .. } = circumstances.clock {
        check_not_over(validities(facts), Some(facts.lease_end), floor)?;
    }
    if !facts.roles.contains(Roles::COURIER) && !facts.roles.contains(Roles::UNLOCK) {
        return Err(Outcome::Denied);
    }
    check_times(facts, circumstances)
}

/// Step 5, and whether the key that signed the grant is still believed.
fn check_not_denied(facts: &Facts, circumstances: &Circumstances<'_>) -> Result<(), Outcome> {
    if !circumstances.signer_is_valid || circumstances.denied_by_bulletin {
        return Err(Outcome::Denied);
    }
    let entries = circumstances.configuration.deny.iter().chain(circumstances.deny_rows);
    let denied = entries.into_iter().any(|entry| denies(entry, circumstances.list_generation, facts));
    if denied { Err(Outcome::Denied) } else { Ok(()) }
}

/// Step 5: each id of the chain is checked, the serial is the grant's.
/// Serials of an earlier generation lie below all of this one, those of a later one above (spec §11.4).
fn denies(entry: &DenyEntry, generation: Generation, facts: &Facts) -> bool {
    let concerned = match entry.subject {
        DenySubject::Holder(holder) => holder == facts.holder,
        DenySubject::Phone(phone) => {
            phone == facts.phone || facts.share.as_ref().is_some_and(|share| share.granter == phone)
        }
        DenySubject::Share(id) => facts.share.as_ref().is_some_and(|share| share.id == id),
        DenySubject::EverybodyButStaff => !facts.roles.contains(Roles::STAFF),
        // A subject that this firmware does not know: rather keep somebody out than let somebody in.
        _ => true,
    };
    concerned && (facts.generation, facts.serial) < (generation, entry.void_before)
}

/// Step 8. Versions compare within a generation; a list of an earlier one meets no requirement of a later (spec §11.4).
fn meets_min_list_version(facts: &Facts, circumstances: &Circumstances<'_>) -> bool {
    let list = (circumstances.list_generation, circumstances.configuration.list_version);
    facts.min_list_version == ListVersion(0) || (facts.generation, facts.min_list_version) <= list
}

/// Step 6: whether the clock is good enough for what the credential asks (spec §8.6).
fn check_clock(facts: &Facts, circumstances: &Circumstances<'_>) -> Result<(), Outcome> {
    check_unsure_clock(validities(facts), Some(facts.lease_end), circumstances)
}

/// Whether it has ended by an instant that is certainly past.
fn check_not_over<'a>(
    mut validities: impl Iterator<Item = &'a Validity>,
    lease_end: Option<UnixSeconds>,
    floor: UnixSeconds,
) -> Result<(), Outcome> {
    if validities.any(|validity| validity.not_after.is_some_and(|end| end <= floor)) {
        return Err(Outcome::Expired);
    }
    if lease_end.is_some_and(|end| end <= floor) {
        return Err(Outcome::LeaseEnded);
    }
    Ok(())
}

fn check_unsure_clock<'a>(
    validities: impl Iterator<Item = &'a Validity> + Clone,
    lease_end: Option<UnixSeconds>,
    circumstances: &Circumstances<'_>,
) -> Result<(), Outcome> {
    let Reading::Unsure { floor, allowance } = circumstances.clock else {
        return Ok(());
    };
    check_not_over(validities.clone(), lease_end, floor)?;
    let asks_more =
        validities.into_iter().any(|validity| validity.schedule.is_some() || validity.not_before > floor);
    let residence = circumstances.configuration.kind == DoorKind::Residence;
    if asks_more || !residence || allowance == Allowance::UsedUp {
        return Err(Outcome::UnknownTime);
    }
    Ok(())
}

/// Step 7: window, lease and schedule, of the grant and then of the share.
fn check_times(facts: &Facts, circumstances: &Circumstances<'_>) -> Result<(), Outcome> {
    let Reading::Sure(instant) = circumstances.clock else {
        return Ok(());
    };
    check_window(&facts.validity, instant)?;
    if facts.lease_end <= instant {
        return Err(Outcome::LeaseEnded);
    }
    check_schedule(&facts.validity, instant, circumstances)?;
    if let Some(share) = &facts.share {
        check_window(&share.validity, instant)?;
        check_schedule(&share.validity, instant, circumstances)?;
    }
    Ok(())
}

fn check_window(validity: &Validity, instant: UnixSeconds) -> Result<(), Outcome> {
    if instant < validity.not_before {
        return Err(Outcome::NotYet);
    }
    if validity.not_after.is_some_and(|end| end <= instant) {
        return Err(Outcome::Expired);
    }
    Ok(())
}

fn check_schedule(
    validity: &Validity,
    instant: UnixSeconds,
    circumstances: &Circumstances<'_>,
) -> Result<(), Outcome> {
    match &validity.schedule {
        Some(schedule) if !schedule.contains(instant, &circumstances.configuration.zone) => {
            Err(Outcome::OutOfSchedule)
        }
        _ => Ok(()),
    }
}

/// The windows that all must hold.
fn validities(facts: &Facts) -> impl Iterator<Item = &Validity> + Clone {
    core::iter::once(&facts.validity).chain(facts.share.as_ref().map(|share| &share.validity))
}

#[cfg(test)]
mod tests;
