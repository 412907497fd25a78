//! The driver: leads a conversation to its end over whatever connections it takes.

mod connecting;
mod conversing;
mod finding;

use thumbturn_protocol::frame::AttMtu;

use crate::cancel::CancelHandle;
use crate::conversation::{Conversation, GiveUp, Step};
use crate::link::AdapterState;
use crate::queue::EventQueue;
pub(crate) use crate::radio::pursuit::connecting::Connected;
use crate::radio::sightings::Sightings;
use crate::radio::waiting::{First, unless_cancelled};
use crate::radio::{Engagement, Policy, Radio};
use crate::unlock::Progress;

/// One intent on its way.
pub(crate) struct Pursuit<'a, 'r> {
    radio: &'r Radio,
    engagement: Engagement,
    policy: &'a Policy,
    conversation: &'a mut dyn Conversation,
    cancel: &'a CancelHandle,
    cancel_taken: bool,
    progress: &'a EventQueue<Progress>,
    sightings: Sightings,
    /// Whether what was heard long before the intent was taken into account.
    recalled: bool,
    connections: u32,
    /// Whether the door has said anything on the present connection.
    heard: bool,
    /// Whether the door ended the last connection before it said anything.
    turned_away: bool,
}

/// The radio at the end of a pursuit. Dropping it gives everything back; [`Caught::release`] does so in order.
pub(crate) struct Caught {
    pub(crate) engagement: Engagement,
    /// The connection on which the conversation finished.
    pub(crate) connected: Option<Connected>,
}

impl Caught {
    pub(crate) async fn release(mut self) {
        self.engagement.disconnect().await;
    }
}

impl<'a, 'r> Pursuit<'a, 'r> {
    pub(crate) fn new(
        radio: &'r Radio,
        engagement: Engagement,
        policy: &'a Policy,
        conversation: &'a mut dyn Conversation,
        cancel: &'a CancelHandle,
        progress: &'a EventQueue<Progress>,
    ) -> Self {
        Self {
            radio,
            engagement,
            policy,
            conversation,
            cancel,
            cancel_taken: false,
            progress,
            sightings: Sightings::default(),
            recalled: false,
            connections: 0,
            heard: false,
            turned_away: false,
        }
    }

    /// Leads the conversation to [`Step::Finished`], within its own deadline. Nothing is left scanning, and nothing connected but
    /// the connection on which it finished, if there is one.
    pub(crate) async fn run(mut self) -> Caught {
        self.engagement.clear().await;
        self.recall();
        while self.may_go_on() {
            let Some((peer, recognition)) = self.find().await else { continue };
            let Some(connected) = self.connect(&peer).await else { continue };
            if self.converse(&peer, recognition, &connected).await.is_finished() {
                return Caught { engagement: self.engagement, connected: Some(connected) };
            }
            self.engagement.disconnect().await;
        }
        self.wind_down().await;
        Caught { engagement: self.engagement, connected: None }
    }

    /// Whether another connection is wanted and possible; gives the conversation up where it is wanted but not possible.
    fn may_go_on(&mut self) -> bool {
        self.take_cancel();
        match self.radio.link().adapter() {
            AdapterState::On => {}
            AdapterState::Off => self.conversation.give_up(GiveUp::BluetoothOff),
            AdapterState::Unauthorized => self.conversation.give_up(GiveUp::BluetoothUnauthorized),
        }
        if self.radio.now() > self.conversation.last_chance() {
            self.give_up_for_want_of_time();
        }
        self.conversation.wants_connection()
    }

    fn give_up_for_want_of_time(&mut self) {
        self.conversation.give_up(match (self.sightings.heard_any(), self.turned_away) {
            (false, _) => GiveUp::NotInRange,
            (true, false) => GiveUp::ConnectionLost,
            (true, true) => GiveUp::TurnedAway,
        });
    }

    /// Hands a cancel to the conversation; once.
    fn take_cancel(&mut self) {
        if !self.cancel_taken && self.cancel.is_cancelled() {
            self.cancel_taken = true;
            self.conversation.cancel();
        }
    }

    /// The handle to wait for, until its cancel was taken note of.
    const fn pending_cancel(&self) -> Option<&'a CancelHandle> {
        if self.cancel_taken { None } else { Some(self.cancel) }
    }

    fn report(&self, progress: Progress) {
        // A screen that does not read misses steps; the outcome does not depend on them.
        let _ = self.progress.push(progress);
    }

    /// Without any connection: until everything that left the phone is dead.
    async fn wind_down(&mut self) {
        loop {
            self.take_cancel();
            let now = self.radio.now();
            match self.conversation.poll(AttMtu::MINIMUM, now) {
                Step::Finished => return,
                Step::Report(progress) => self.report(progress),
                Step::Wait { until } => {
                    let deadline = until.max(now.plus(1));
                    let nothing = core::future::pending::<()>();
                    let cancel = self.pending_cancel();
                    match unless_cancelled(self.radio.timer(), deadline, cancel, nothing).await {
                        First::Done(()) | First::Late | First::Cancelled => {}
                    }
                }
                // Nothing is connected: there is nothing to write to or to hang up.
                Step::Write { .. } | Step::Relax | Step::HangUp(_) => self.conversation.lost(now),
            }
        }
    }
}
