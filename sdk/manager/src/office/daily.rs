//! The daily codes of a door, as the authority computes them (DDC-1, spec §14.3): a door without a network computes the same.

use thumbturn_protocol::code::{
    CodeEpoch, CodeKeyGeneration, DailyCode, DailyCodeKey, DailyKind, DoorField, Doorcode, LocalDay, Slot,
    Slots,
};
use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::{UtcOffset, Zone};

use super::secrets::Secrets;

/// How many independent codes a door has of each kind and day (§6.1).
pub(crate) const SLOTS: Slots = Slots::DEFAULT;

/// The daily codes of one door.
pub(crate) struct DailyCodes {
    key: DailyCodeKey,
    door: DoorField,
}

impl DailyCodes {
    /// Those of a door under its first key: no door has been given another one yet.
    pub(crate) fn of(secrets: &Secrets, door: DoorId) -> Self {
        let door = DoorField::from(door);
        Self { key: secrets.daily_codes().door_key(door, CodeKeyGeneration(0)), door }
    }

    /// The digits of one.
    pub(crate) fn code(&self, code: DailyCode) -> Doorcode {
        self.key.code(self.door, CodeEpoch(0), code)
    }

    /// All that anybody may be given now: those of today and tomorrow, in whichever zone the door is. No zone is more than a day
    /// from UTC.
    pub(crate) fn around(&self, now: UnixSeconds) -> Vec<Doorcode> {
        let LocalDay(today) = LocalDay::at(now, &Zone::fixed(UtcOffset::UTC));
        let days = (today.saturating_sub(1)..=today.saturating_add(2)).map(LocalDay);
        days.flat_map(|day| {
            let kinds = [DailyKind::WholeDay, DailyKind::FirstUse].into_iter();
            kinds.flat_map(move |kind| slots().map(move |slot| DailyCode { day, kind, slot }))
        })
        .map(|code| self.code(code))
        .collect()
    }
}

/// All slots of a kind and day, the lowest first.
pub(crate) fn slots() -> impl Iterator<Item = Slot> {
    (0..u16::from(SLOTS.count())).map(Slot)
}
