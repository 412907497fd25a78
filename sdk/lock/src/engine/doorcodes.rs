//! Doorcodes at the keypad: digits, look-up, lockout (spec §14.4, §14.5).
//!
//! An evaluation is one slice of work, from the look-up to the append that pays for it or opens: between them nothing outside
//! tells whether the code was right.

mod evaluation;

use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::code::{CodeLength, DoorField, Doorcode};
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::update::settings::Settings;

use super::Engine;
use super::housekeeping::Housekeeping;
use crate::daily_codes::DailyCodes;
use crate::error::Error;
use crate::hardware::Hardware;
use crate::identity::Identity;
use crate::keypad::{Digit, EndedEntry, Entry, Keypad};
use crate::lockout::{Lockout, LockoutPolicy, LockoutState, TakenToken};
use crate::platform::Platform;
use crate::signal::Signal;
use crate::storage::StorageError;
use thumbturn_protocol::event::Event;

/// The keypad, what its entries cost, and what the settings say about them.
pub(super) struct Doorcodes {
    keypad: Keypad,
    lockout: Lockout,
    /// The flash promises no more wrong codes than `lockout` does. Without that nothing is looked up.
    is_stored: bool,
    /// When the flash is told of the bucket although nobody waits for it: it has more tokens than the flash knows of, or was cut.
    store_at: Option<Millis>,
    /// The token of the entry under way.
    taken: Option<TakenToken>,
    /// A code that is to be looked up, and whether no digit can follow.
    waiting: Option<(Doorcode, EntryEnd)>,
    daily: Option<DailyCodes>,
}

/// Whether an entry goes on after a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EntryEnd {
    Open,
    Reached,
}

impl Doorcodes {
    /// With the bucket and the settings that are in flash.
    pub(super) fn boot(
        identity: Option<&Identity>,
        stored: LockoutState,
        settings: Option<Settings>,
        housekeeping: &mut Housekeeping,
        now: Millis,
    ) -> Self {
        let Some(identity) = identity else { return Self::of_nobody(now) };
        if stored.tokens == 0 {
            housekeeping.note(Event::LockedOut);
        }
        let lockout = Lockout::restore(policy(identity), stored, now);
        let mut doorcodes = Self { store_at: None, lockout, ..Self::of_nobody(now) };
        doorcodes.store_at = doorcodes.lockout.full_at(now);
        doorcodes.set(settings, identity);
        doorcodes
    }

    /// A door that has just been claimed, when its bucket is in flash.
    pub(super) fn claimed(identity: &Identity, now: Millis) -> Self {
        Self { lockout: Lockout::full(policy(identity), now), ..Self::of_nobody(now) }
    }

    /// A door that belongs to nobody.
    pub(super) fn of_nobody(now: Millis) -> Self {
        Self {
            keypad: Keypad::new(CodeLength::SEVEN),
            // Of no use before the claim.
            lockout: Lockout::restore(LockoutPolicy::of(DoorKind::Residence), LockoutState::EMPTY, now),
            is_stored: false,
            store_at: None,
            taken: None,
            waiting: None,
            daily: None,
        }
    }

    /// Whether a code waits to be looked up.
    pub(super) const fn waits(&self) -> bool {
        self.waiting.is_some()
    }

    /// When the entry under way ends, or the flash is told of the bucket. What flash that fails holds up waits for the next
    /// thing that happens.
    pub(super) fn deadline(&self, now: Millis) -> Option<Millis> {
        let store_at = self.store_at.filter(|store_at| *store_at > now);
        self.keypad.deadline().into_iter().chain(store_at).min()
    }

    fn set(&mut self, settings: Option<Settings>, identity: &Identity) {
        // Settings that cannot be read leave what was.
        let Some(settings) = settings else { return };
        self.keypad = Keypad::new(settings.code_length);
        self.daily = settings.daily_codes.map(|daily| DailyCodes {
            door: DoorField::from(identity.configuration.door),
            key: daily.key,
            epoch: daily.epoch,
            slots: daily.slots,
        });
    }
}

/// What a claim stores: all tokens.
pub(super) fn full_bucket(identity: &Identity, now: Millis) -> LockoutState {
    Lockout::full(policy(identity), now).state(now)
}

const fn policy(identity: &Identity) -> LockoutPolicy {
    LockoutPolicy::of(identity.configuration.kind)
}

impl<P: Platform> Engine<P> {
    /// A digit was typed. At a door of nobody it means nothing.
    pub(super) fn digit_typed(&mut self, now: Millis, digit: Digit) {
        if !self.is_claimed() {
            return;
        }
        self.run_keypad_timer(now);
        self.doorcodes.waiting = match self.doorcodes.keypad.press(digit, now) {
            Entry::Collecting => None,
            Entry::Code(code) => Some((code, EntryEnd::Open)),
            Entry::LastCode(code) => Some((code, EntryEnd::Reached)),
        };
    }

    /// The clear key.
    pub(super) fn keypad_cleared(&mut self) {
        let ended = self.doorcodes.keypad.clear();
        self.entry_ended(ended);
    }

    /// Ends an entry that nobody goes on with.
    pub(super) fn run_keypad_timer(&mut self, now: Millis) {
        if self.doorcodes.waits() {
            return;
        }
        if let Some(ended) = self.doorcodes.keypad.expire(now) {
            self.entry_ended(ended);
        }
    }

    /// The list has other settings, or may have. `None`: they cannot be read.
    pub(super) fn code_settings_changed(&mut self, now: Millis, settings: Option<Settings>) {
        let Some(identity) = self.identity.as_ref() else { return };
        let policy = policy(identity);
        self.doorcodes.lockout.change_policy(policy, now);
        self.doorcodes.store_at = self.doorcodes.lockout.full_at(now);
        if self.doorcodes.lockout.state(now).tokens < self.storage.lockout().tokens {
            // What was cut must not come back with a power cut.
            self.doorcodes.is_stored = false;
            self.doorcodes.store_at = Some(now);
        }
        if settings.is_some() {
            let ended = self.doorcodes.keypad.clear();
            self.doorcodes.waiting = None;
            self.entry_ended(ended);
        }
        if let Some(identity) = self.identity.as_ref() {
            self.doorcodes.set(settings, identity);
        }
    }

    /// Looks up the code that waits. `false`: none does.
    pub(super) fn step_doorcode(&mut self, now: Millis) -> bool {
        let Some((code, end)) = self.doorcodes.waiting.take() else { return false };
        // Right and wrong codes need different room: it is there for both, or neither is looked up.
        if !self.has_room_for_code() && self.storage.makes_room() == Ok(true) {
            self.doorcodes.waiting = Some((code, end));
            return true;
        }
        match self.may_look_up(now) {
            Ok(operation) => match self.evaluate(now, &code, end, operation) {
                Ok(()) => self.code_opened(now),
                Err(signal) => self.code_failed(now, &code, end, signal),
            },
            Err(signal) => self.end_entry(signal, code.length()),
        }
        true
    }

    /// Writes a bucket that nobody waits for. `false`: none is due.
    pub(super) fn store_bucket_again(&mut self, now: Millis) -> Result<bool, Error> {
        let Some(store_at) = self.doorcodes.store_at.filter(|store_at| *store_at <= now) else {
            return Ok(false);
        };
        // If it fails the flash knows of fewer, until the next wrong code.
        self.doorcodes.store_at = None;
        match self.store_bucket(now) {
            Err(StorageError::NoRoom) if self.storage.makes_room()? => {
                self.doorcodes.store_at = Some(store_at);
            }
            result => result?,
        }
        Ok(true)
    }

    fn code_opened(&mut self, now: Millis) {
        let _ = self.doorcodes.keypad.clear();
        if let Some(token) = self.doorcodes.taken.take() {
            self.doorcodes.lockout.give_back(token, now);
            self.doorcodes.store_at = Some(now);
        }
        self.hardware.signal(Signal::Accepted);
    }

    /// Pays, and only then lets anybody know.
    fn code_failed(&mut self, now: Millis, code: &Doorcode, end: EntryEnd, signal: Signal) {
        let mut signal = signal;
        if self.doorcodes.taken.is_none() {
            match self.pay(now) {
                Ok(token) => self.doorcodes.taken = Some(token),
                Err(_) => signal = Signal::Unable,
            }
        }
        if end == EntryEnd::Reached || signal == Signal::Unable {
            self.end_entry(signal, code.length());
        }
    }

    /// Takes a token: it is gone in flash when this returns.
    fn pay(&mut self, now: Millis) -> Result<TakenToken, StorageError> {
        let token = self.doorcodes.lockout.take(now).map_err(|_| StorageError::NoRoom)?;
        if token.was_last() {
            self.housekeeping.note(Event::LockedOut);
        }
        // Until it is known to be there: nothing more is looked up.
        self.doorcodes.is_stored = false;
        self.store_bucket(now)?;
        Ok(token)
    }

    fn store_bucket(&mut self, now: Millis) -> Result<(), StorageError> {
        let state = self.doorcodes.lockout.state(now);
        self.storage.keep_lockout(state)?;
        self.doorcodes.is_stored = true;
        self.doorcodes.store_at = self.doorcodes.lockout.full_at(now);
        Ok(())
    }

    fn entry_ended(&mut self, ended: EndedEntry) {
        if let EndedEntry::Evaluated(length) = ended {
            self.end_entry(Signal::Refused, length);
        }
    }

    fn end_entry(&mut self, signal: Signal, length: CodeLength) {
        let _ = self.doorcodes.keypad.clear();
        if self.doorcodes.taken.take().is_some() {
            self.housekeeping.note(Event::WrongCode { digits: length.digits() });
        }
        self.hardware.signal(signal);
    }
}
