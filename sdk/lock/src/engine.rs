//! The door engine: `handle` what happened, `poll` for what to do, until idle.
//!
//! See the crate's documentation for the run loop and its one invariant.

pub(crate) mod advertising;
mod bulletins;
mod cards;
mod circumstances;
pub(crate) mod claim;
pub(crate) mod delivery;
mod doorcodes;
pub(crate) mod fast;
pub(crate) mod full;
mod hello;
mod housekeeping;
mod listed;
mod logs;
mod motor;
mod opening;
mod radio;
mod receipts;
mod reset;
mod rotation;
mod serve;
mod tickets;
mod time;
mod tries;
mod updates;

use alloc::collections::VecDeque;
use core::fmt;

use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::answer::{Answer, DoorStatus, Outcome};
use thumbturn_protocol::ids::{ClaimSecret, ListVersion, TagKey};
use thumbturn_protocol::time::{Millis, UnixSeconds};

use crate::bucket::TokenBucket;
use crate::clock::DoorClock;
use crate::connections::Connections;
use crate::error::Error;
use crate::flash::Flash;
use crate::hardware::Hardware;
use crate::identity::Identity;
use crate::input::{ConnectionId, Input};
use crate::known::KnownOperations;
use crate::output::Output;
use crate::platform::{Board, Platform};
use crate::storage::Storage;
use crate::work::Work;

use self::logs::Logs;
use advertising::Advertising;
use bulletins::Bulletins;
use cards::Cards;
use doorcodes::Doorcodes;
use housekeeping::Housekeeping;
use motor::MotorState;
use receipts::Receipts;
use tickets::TicketChanges;
use updates::Updates;

/// The engine of one door.
pub struct Engine<P: Platform> {
    storage: Storage<P::Flash>,
    random: P::Random,
    hardware: P::Hardware,
    claim_secret: ClaimSecret,
    /// The tag key of a factory-fresh door.
    claim_tag_key: TagKey,
    identity: Option<Identity>,
    clock: DoorClock,
    connections: Connections,
    /// Full handshakes: 450 in 15 minutes, where 300 first unlocks must pass (spec §4.7).
    bucket: TokenBucket<20, 2_000>,
    /// Deliveries of phones that open nothing (spec §8.8).
    deliveries: TokenBucket<8, 10_000>,
    known: KnownOperations,
    motor: MotorState,
    advertising: Advertising,
    housekeeping: Housekeeping,
    tickets: TicketChanges,
    bulletins: Bulletins,
    receipts: Receipts,
    logs: Logs,
    updates: Updates,
    doorcodes: Doorcodes,
    cards: Cards,
    /// Made ahead, while a phone still discovers services.
    ephemeral: Option<Ephemeral>,
    /// Connections to end, before anything else is done.
    leaving: VecDeque<ConnectionId>,
    work: Work,
}

impl<P: Platform> Engine<P> {
    /// Starts the engine after power-on, at `now` on its own clock.
    ///
    /// Reads the flash: identity, floor, the last operations, the index of tickets. A door that was claimed is claimed
    /// again; one that was being reset goes on with it.
    ///
    /// # Errors
    /// When the flash cannot be read; the door must not be used until it can.
    pub fn boot(board: Board<P>, claim_secret: ClaimSecret, now: Millis) -> Result<Self, Error> {
        let Board { flash, mut random, mut hardware } = board;
        let mut storage = Storage::open(flash)?;
        hello::boot_nonces(&mut storage, &mut random)?;
        let mut identity = boot_identity(&mut storage)?;
        let settings = identity.as_mut().and_then(|identity| updates::adopt_list(&mut storage, identity));
        let clock = DoorClock::boot(boot_floor(&storage, identity.as_ref()), hardware.real_time_clock(), now);
        let known = housekeeping::reload_known(&mut storage)?;
        let mut housekeeping = Housekeeping::boot(identity.as_ref(), &clock, now);
        let doorcodes =
            Doorcodes::boot(identity.as_ref(), storage.lockout(), settings, &mut housekeeping, now);
        // Where the bolt was left when the power went, nobody knows.
        let is_in_use = identity.is_some() || storage.is_resetting();
        let motor = if is_in_use { MotorState::unknown(now) } else { MotorState::default() };
        let claim_tag_key = claim_secret.tag_key();
        let bulletins = Bulletins::boot(&storage);
        let receipts = Receipts::boot(identity.as_ref());
        Ok(Self {
            storage,
            random,
            hardware,
            claim_secret,
            claim_tag_key,
            identity,
            clock,
            connections: Connections::default(),
            bucket: TokenBucket::new(now),
            deliveries: TokenBucket::new(now),
            known,
            motor,
            advertising: Advertising::boot(now),
            housekeeping,
            tickets: TicketChanges::default(),
            bulletins,
            receipts,
            logs: Logs::boot(now),
            updates: Updates::boot(),
            doorcodes,
            cards: Cards::boot(now),
            ephemeral: None,
            leaving: VecDeque::new(),
            work: Work::default(),
        })
    }

    /// Takes in what happened. Cheap: public-key work is left to `poll`.
    pub fn handle(&mut self, now: Millis, input: Input<'_>) {
        match input {
            Input::Connected(id) => self.connected(now, id),
            Input::Disconnected(id) => self.disconnected(now, id),
            Input::Subscribed(id) => self.subscribed(now, id),
            Input::MtuChanged(id, mtu) => self.mtu_changed(id, mtu),
            Input::Received(id, frame) => self.received(now, id, frame),
            Input::Writable(id) => self.writable(id),
        }
    }

    /// The next thing to do. Call until [`Output::Idle`], and after every `handle`.
    ///
    /// One call costs at most one slice of public-key work or one erase.
    pub fn poll(&mut self, now: Millis) -> Output {
        if let Some(id) = self.leaving.pop_front() {
            self.connections.remove(id);
            return Output::Disconnect(id);
        }
        self.take_hardware_events(now);
        self.run_timers(now);
        if let Some(id) = self.leaving.pop_front() {
            self.connections.remove(id);
            return Output::Disconnect(id);
        }
        if let Some(output) = self.next_notification() {
            return output;
        }
        if let Some(broadcast) = self.next_broadcast(now) {
            return Output::Advertise(broadcast);
        }
        if self.step_doorcode(now)
            || self.step_card(now)
            || self.step_handshake(now)
            || self.step_delivery(now)
            || self.keep_house(now)
            || self.step_statements(now)
            || self.keep_list()
        {
            return Output::Worked;
        }
        Output::Idle { until: self.next_deadline(now) }
    }

    /// What the calls since the last time cost, for a simulator to charge.
    pub fn take_work(&mut self) -> Work {
        core::mem::take(&mut self.work)
    }

    /// Whether the door belongs to a property.
    #[must_use]
    pub const fn is_claimed(&self) -> bool {
        self.identity.is_some()
    }

    /// The door's body: for a simulator that makes things happen to it.
    pub const fn hardware_mut(&mut self) -> &mut P::Hardware {
        &mut self.hardware
    }

    /// The door's storage: for reading its log.
    pub const fn storage_mut(&mut self) -> &mut Storage<P::Flash> {
        &mut self.storage
    }

    /// Stops the engine and gives the board back; what was not in flash is lost, as in a power cut.
    pub fn into_board(self) -> Board<P> {
        Board { flash: self.storage.into_flash(), random: self.random, hardware: self.hardware }
    }

    /// The tag key under which the door speaks now.
    fn tag_key(&self) -> &TagKey {
        self.identity.as_ref().map_or(&self.claim_tag_key, |identity| &identity.configuration.tag_key)
    }

    fn list_version(&self) -> ListVersion {
        self.identity.as_ref().map_or(ListVersion(0), |identity| identity.configuration.list_version)
    }

    fn status(&self) -> DoorStatus {
        DoorStatus {
            clock_unsure: self.clock.is_unsure(),
            logs_waiting: self.storage.logs_waiting(),
            battery_low: self.hardware.battery_low(),
        }
    }

    fn answer(&self, outcome: Outcome) -> Answer {
        Answer::new(outcome, self.status(), self.list_version())
    }
}

/// Whether it is claimed, and nothing that is secret.
impl<P: Platform> fmt::Debug for Engine<P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Engine").field("claimed", &self.is_claimed()).finish_non_exhaustive()
    }
}

/// The identity in flash. One that is there but cannot be read is a fault of the flash, never a factory-fresh door.
fn boot_identity<F: Flash>(storage: &mut Storage<F>) -> Result<Option<Identity>, Error> {
    if storage.is_resetting() {
        return Ok(None);
    }
    match storage.identity()? {
        None => Ok(None),
        Some(bytes) => Identity::from_bytes(&bytes).map(Some).ok_or(Error::Identity),
    }
}

/// The floor in flash, or the instant of the claim: the claim is one record, and the floor may have been written after the power went.
fn boot_floor<F: Flash>(storage: &Storage<F>, identity: Option<&Identity>) -> UnixSeconds {
    let claimed = identity.map_or(UnixSeconds::ZERO, |identity| identity.configuration.now);
    storage.floor().max(claimed)
}
