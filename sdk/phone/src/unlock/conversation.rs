//! The unlock machine together with the wallet that keeps its counters.

use core::fmt;
use std::sync::Arc;

use thumbturn_protocol::advertisement::Advertisement;
use thumbturn_protocol::frame::AttMtu;
use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::time::Millis;

use crate::conversation::{Conversation, GiveUp, Recognition, Step, Written};
use crate::courier::Inbox;
use crate::unlock::connection::AnsweredSession;
use crate::unlock::error::UnlockError;
use crate::unlock::machine::{UnlockMachine, UnlockTimes};
use crate::unlock::progress::Opened;
use crate::vault::Vault;
use crate::wallet::Wallet;
use crate::wallet::pass::Pass;
use crate::wallet::reservation::TicketChange;

/// One intent to open one door: every request is preceded by its counters in the vault, every answer followed by its ticket.
///
/// Does no I/O but the wallet's storage. The driver runs it over a link; an exhaustive search runs it over anything.
pub struct UnlockConversation {
    machine: UnlockMachine,
    wallet: Arc<Wallet>,
    /// Whose inbox may change what a door answers.
    courier: Option<Arc<Vault>>,
    settled: bool,
}

impl UnlockConversation {
    /// An intent that ends by `deadline`.
    ///
    /// # Errors
    ///
    /// [`UnlockError::NoGrant`] when the wallet holds nothing that opens the door.
    pub fn new(
        wallet: Arc<Wallet>,
        door: DoorId,
        times: UnlockTimes,
        deadline: Millis,
    ) -> Result<Self, UnlockError> {
        Self::with_passes(wallet, door, |pass| pass.grant.roles.contains(Roles::UNLOCK), times, deadline)
    }

    /// A visit of a phone that only delivers (spec §8.8), with whatever grant lets it; it opens nothing.
    pub(crate) fn for_delivery(
        wallet: Arc<Wallet>,
        door: DoorId,
        times: UnlockTimes,
        deadline: Millis,
    ) -> Result<Self, UnlockError> {
        let mut visit = Self::with_passes(wallet, door, |_| true, times, deadline)?;
        visit.machine = visit.machine.only_delivers();
        Ok(visit)
    }

    fn with_passes(
        wallet: Arc<Wallet>,
        door: DoorId,
        good: impl Fn(&Pass) -> bool,
        times: UnlockTimes,
        deadline: Millis,
    ) -> Result<Self, UnlockError> {
        let passes: Vec<_> = wallet.passes(door).into_iter().filter(|pass| good(pass)).collect();
        if passes.is_empty() {
            return Err(UnlockError::NoGrant);
        }
        let machine = UnlockMachine::new(door, Arc::clone(wallet.keys()), passes, times, deadline);
        Ok(Self { machine, wallet, courier: None, settled: false })
    }

    /// Lets the inbox of this vault, the wallet's, change what the door answers: after *update required* or *denied* the door is given
    /// what it lacks, and asked again (spec §8.1). The inbox is opened only then.
    #[must_use]
    pub fn with_courier(mut self, vault: Arc<Vault>) -> Self {
        self.courier = Some(vault);
        self
    }

    /// Ends the intent: raises the vault's epoch when a ticket was used, so that copies of the vault made before are known.
    ///
    /// Gives the outcome.
    ///
    /// # Errors
    ///
    /// See [`UnlockError`]; an intent that is closed before [`Step::Finished`] gives [`UnlockError::OutcomeUnknown`].
    pub fn close(mut self, random: &mut dyn SecureRandom) -> Result<Opened, UnlockError> {
        self.keep(random);
        if !self.settled
            && let Some(operation) = self.machine.operation_mut()
        {
            // A failure costs nothing now: the next unlock or start raises the epoch.
            let _ = self.wallet.settle(operation, TicketChange::Keep, random);
        }
        self.machine.result().unwrap_or(Err(UnlockError::OutcomeUnknown))
    }

    /// The session behind an open door, for a delivery; once. `None` before the outcome.
    pub(crate) fn take_session(&mut self) -> Option<AnsweredSession> {
        self.machine.take_session()
    }

    /// Gives the machine what there is for a door that has refused.
    fn provide(&mut self, now: Millis, random: &mut dyn SecureRandom) {
        if let Some((occasion, pass)) = self.machine.wants_cargo() {
            let cargo = self.inbox(random).and_then(|inbox| inbox.cargo_behind(&pass));
            self.machine.take_cargo(cargo.filter(|cargo| cargo.may_change(occasion)), now);
        }
        self.keep(random);
    }

    /// Hands what was learnt of the door to the inbox.
    fn keep(&mut self, random: &mut dyn SecureRandom) {
        let collected = self.machine.take_collected();
        if collected.is_empty() {
            return;
        }
        let Some(inbox) = self.inbox(random) else { return };
        for collected in collected {
            // A failure costs nothing but what was learnt.
            let _ = inbox.keep(collected, random);
        }
    }

    /// A phone whose inbox cannot be opened has nothing to deliver.
    fn inbox(&self, random: &mut dyn SecureRandom) -> Option<Arc<Inbox>> {
        self.courier.as_ref()?.inbox(random).ok()
    }

    /// Puts the ticket that the door has just given into the vault, before anything else can go wrong.
    fn settle(&mut self, random: &mut dyn SecureRandom) {
        let change = self.machine.take_change();
        if matches!(change, TicketChange::Keep) {
            return;
        }
        if let Some(operation) = self.machine.operation_mut() {
            // A failure leaves the old ticket with its counters, which the door still takes.
            self.settled |= self.wallet.settle(operation, change, random).is_ok();
        }
    }
}

impl Conversation for UnlockConversation {
    fn recognises(&self, advertisement: &Advertisement) -> bool {
        self.machine.tag_keys().iter().any(|tag_key| advertisement.resolve(tag_key).is_some())
    }

    fn is_short(&self) -> bool {
        self.machine.has_fast_path()
    }

    fn prepare(&mut self, random: &mut dyn SecureRandom) {
        let door = self.machine.door();
        match self.machine.operation_mut() {
            Some(operation) => self.wallet.reserve_attempts(operation, random),
            // Without randomness there is no operation, and the machine asks nothing.
            empty @ None => *empty = self.wallet.begin_operation(door, random).ok(),
        }
        self.machine.prepare_handshake(random);
    }

    fn begin(&mut self, recognition: Recognition, now: Millis) {
        self.machine.begin(recognition, now);
    }

    fn receive(&mut self, frame: &[u8], now: Millis, random: &mut dyn SecureRandom) {
        self.machine.receive(frame, now, random);
        self.settle(random);
        self.provide(now, random);
    }

    fn wrote(&mut self, written: Written, now: Millis) {
        self.machine.wrote(written, now);
    }

    fn lost(&mut self, _now: Millis) {
        self.machine.lost();
    }

    fn cancel(&mut self) {
        self.machine.cancel();
    }

    fn give_up(&mut self, reason: GiveUp) {
        self.machine.give_up(reason);
    }

    fn wants_connection(&self) -> bool {
        self.machine.wants_connection()
    }

    fn last_chance(&self) -> Millis {
        self.machine.last_chance()
    }

    fn poll(&mut self, mtu: AttMtu, now: Millis) -> Step {
        self.machine.poll(mtu, now)
    }
}

impl fmt::Debug for UnlockConversation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("UnlockConversation")
    }
}
