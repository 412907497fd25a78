//! The daily codes of a door, as the authority computes them (DDC-1, spec §14.3): a door without a network computes the same.

use thumbturn_protocol::code::{
    CodeEpoch, CodeKeyGeneration, DailyCode, DailyCodeKey, DailyKind, DoorField, Doorcode, LocalDay, Slot,
    Slots,
};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::settings;
use thumbturn_protocol::zone::{UtcOffset, Zone};

use super::secrets::Secrets;
use super::store::door::Door;

/// How many independent codes a door has of each kind and day (§6.1).
const SLOTS: Slots = Slots::DEFAULT;

/// By which key and epoch a door computes its codes: all codes of one before are void.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodeEdition {
    pub(crate) generation: CodeKeyGeneration,
    pub(crate) epoch: CodeEpoch,
}

impl CodeEdition {
    /// That of a door that never had another.
    pub(crate) const FIRST: Self = Self { generation: CodeKeyGeneration(0), epoch: CodeEpoch(0) };

    /// All codes are revoked. When the epochs of a key are used up, another key follows.
    pub(crate) const fn next(self) -> Self {
        match self.epoch.0.checked_add(1) {
            Some(epoch) => Self { epoch: CodeEpoch(epoch), ..self },
            None => self.of_new_device(),
        }
    }

    /// Another device is on the door: whoever has the one before has its key.
    pub(crate) const fn of_new_device(self) -> Self {
        let CodeKeyGeneration(generation) = self.generation;
        Self { generation: CodeKeyGeneration(generation.saturating_add(1)), epoch: CodeEpoch(0) }
    }
}

/// The daily codes of one door.
pub(crate) struct DailyCodes {
    key: DailyCodeKey,
    epoch: CodeEpoch,
    door: DoorField,
}

impl DailyCodes {
    /// Those of a door now.
    pub(crate) fn of(secrets: &Secrets, door: &Door) -> Self {
        let CodeEdition { generation, epoch } = door.codes;
        let door = DoorField::from(door.id);
        Self { key: secrets.daily_codes().door_key(door, generation), epoch, door }
    }

    /// What the door is told to compute the same.
    pub(crate) fn into_settings(self) -> settings::DailyCodes {
        settings::DailyCodes { key: self.key, epoch: self.epoch, slots: SLOTS }
    }

    /// The digits of one.
    pub(crate) fn code(&self, code: DailyCode) -> Doorcode {
        self.key.code(self.door, self.epoch, code)
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

/// The earliest day that it may be anywhere.
pub(crate) fn earliest_day(now: UnixSeconds) -> LocalDay {
    let LocalDay(today) = LocalDay::at(now, &Zone::fixed(UtcOffset::UTC));
    LocalDay(today.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_or_a_key_never_comes_back() {
        let mut editions = vec![CodeEdition::FIRST];
        for _ in 0..600 {
            let last = editions[editions.len() - 1];
            editions.push(last.next());
        }
        let told = |edition: &CodeEdition| (edition.generation.0, edition.epoch.0);
        assert!(editions.iter().map(told).is_sorted_by(|earlier, later| earlier < later));
        assert_eq!(told(&editions[256]), (1, 0));
        assert_eq!(told(&editions[3].of_new_device()), (1, 0));
    }
}
