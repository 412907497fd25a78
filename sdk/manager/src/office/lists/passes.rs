//! Grants that phones hold and may no longer use. A phone that is offline shows its grant until the lease ends; a row of the door's list says
//! that it is void, for just as long.

use std::collections::BTreeMap;

use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::ids::{PhoneId, Serial};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::row::Row;

use super::AtDoor;
use crate::access::Spell;
use crate::office::error::Error;
use crate::office::store;
use crate::office::store::phone::PassRecord;
use crate::office::work::Work;

/// The deny rows that a door is to have for a person's phones.
pub(super) struct Denials {
    pub(super) rows: Vec<Row>,
    /// When the first of them is of no more use.
    pub(super) until: Option<UnixSeconds>,
    /// When the last grant that a phone has lost ends by itself.
    pub(super) ends: BTreeMap<PhoneId, UnixSeconds>,
    /// Grants that are void from now on.
    new: Vec<(PhoneId, Serial)>,
}

/// What follows from the grants that a person's phones have for a door: void is what allows more than the person may now.
pub(super) fn denials(passes: &[PassRecord], open: Option<&Spell>, now: UnixSeconds) -> Denials {
    let mut void: BTreeMap<PhoneId, Serial> = BTreeMap::new();
    let mut ends: BTreeMap<PhoneId, UnixSeconds> = BTreeMap::new();
    let (mut until, mut new) = (None, Vec::new());
    for pass in passes {
        if !pass.is_void {
            if !exceeds(pass, open, now) {
                continue;
            }
            new.push((pass.phone, pass.serial));
        }
        let highest = void.entry(pass.phone).or_insert(pass.serial);
        *highest = pass.serial.max(*highest);
        until = until.into_iter().chain([pass.lease_end]).min();
        let end = ends.entry(pass.phone).or_insert(UnixSeconds::ZERO);
        *end = end_of(pass).max(*end);
    }
    let row = |(phone, Serial(serial)): (PhoneId, Serial)| {
        Row::Deny(DenyEntry {
            subject: DenySubject::Phone(phone),
            void_before: Serial(serial.saturating_add(1)),
        })
    };
    Denials { rows: void.into_iter().map(row).collect(), until, ends, new }
}

/// Notes which grants are void from now on.
pub(super) async fn void(work: &mut Work<'_>, places: &[AtDoor]) -> Result<(), Error> {
    let property = work.property();
    for place in places {
        for grant in &place.denials.new {
            store::phone::void_pass(work.connection(), property, (place.holder, place.door), *grant).await?;
        }
    }
    Ok(())
}

/// When a grant ends by itself: with its lease, or before.
fn end_of(pass: &PassRecord) -> UnixSeconds {
    pass.open.term.end().map_or(pass.lease_end, |own| own.min(pass.lease_end))
}

/// Of a pass: it lets the phone deliver, and opens nothing.
pub(crate) const COURIER: u8 = 1 << 2;

/// Whether a grant opens the door at some instant from `now` on, until its lease ends, at which the person may not.
fn exceeds(pass: &PassRecord, open: Option<&Spell>, now: UnixSeconds) -> bool {
    if pass.roles & COURIER != 0 {
        return false;
    }
    let (begin, end) = (pass.open.term.start().max(now), end_of(pass));
    if end <= begin {
        return false;
    }
    let Some(open) = open else { return true };
    let starts_late = open.term.start() > begin;
    let ends_early = open.term.end().is_some_and(|open| open < end);
    // Hours that several windows together cover cost a renewed grant, and let nobody in.
    starts_late || ends_early || !pass.open.hours.is_within(&open.hours)
}

#[cfg(test)]
mod tests {
    use thumbturn_protocol::ids::{DoorKeyId, Generation, ListVersion};
    use thumbturn_protocol::schedule::{Days, Minute, Window};

    use super::*;
    use crate::access::{Term, WeeklyHours};

    fn at(seconds: u64) -> UnixSeconds {
        UnixSeconds::new(1_800_000_000 + seconds).unwrap()
    }

    fn spell(start: u64, end: Option<u64>, hours: WeeklyHours) -> Spell {
        Spell { term: Term::new(at(start), end.map(at)).unwrap(), hours }
    }

    fn pass(open: Spell, lease_end: u64) -> PassRecord {
        PassRecord {
            phone: PhoneId([1; 16]),
            door_key: DoorKeyId([2; 4]),
            serial: Serial(3),
            roles: 0,
            open,
            lease_end: at(lease_end),
            signed: Vec::new(),
            is_void: false,
            least_list: ListVersion(0),
            generation: Generation(1),
            revision: 1,
        }
    }

    fn daily(from: u16, to: u16) -> WeeklyHours {
        let [from, to] = [from, to].map(|hour| Minute::at(hour, 0).unwrap());
        WeeklyHours::Within([Window::new(Days::EVERY_DAY, from, to).unwrap()].into())
    }

    #[test]
    fn a_grant_is_void_when_it_allows_more_than_the_rule() {
        let held = pass(spell(0, Some(100), WeeklyHours::Always), 50);
        let exceeds = |open: Option<Spell>| exceeds(&held, open.as_ref(), at(10));
        assert!(exceeds(None));
        assert!(!exceeds(Some(spell(5, Some(100), WeeklyHours::Always))), "both have begun");
        assert!(exceeds(Some(spell(20, Some(100), WeeklyHours::Always))), "it begins later now");
        assert!(exceeds(Some(spell(0, Some(49), WeeklyHours::Always))), "it ends before the lease");
        assert!(!exceeds(Some(spell(0, Some(50), WeeklyHours::Always))), "the lease ends by then");
        assert!(exceeds(Some(spell(0, None, daily(8, 20)))));
    }

    #[test]
    fn a_grant_that_is_over_or_narrower_is_left_alone() {
        let over = pass(spell(0, Some(5), WeeklyHours::Always), 50);
        assert!(!exceeds(&over, None, at(10)));
        let courier = PassRecord { roles: COURIER, ..pass(spell(0, None, WeeklyHours::Always), 50) };
        assert!(!exceeds(&courier, None, at(10)), "it opens nothing");
        let narrow = pass(spell(0, None, daily(9, 12)), 50);
        assert!(!exceeds(&narrow, Some(&spell(0, None, daily(8, 20))), at(10)));
        assert!(exceeds(&narrow, Some(&spell(0, None, daily(10, 20))), at(10)));
    }
}
