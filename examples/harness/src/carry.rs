//! Brings a door's list to where the authority wants it, by as many sessions as that takes.

use core::time::Duration;
use std::sync::Arc;

use indicatif::ProgressBar;
use thumbturn_phone::cancel::CancelHandle;
use thumbturn_phone::courier::{Carried, CourierEvent};
use thumbturn_protocol::ids::ListVersion;
use thumbturn_protocol::record::UpdateRefusal;
use thumbturn_protocol::update::parcel::Parcel;

use crate::commands::unlock::explain;
use crate::delivery::{self, Delivered};
use crate::entropy::SystemRandom;
use crate::failure::Failure;
use crate::measure::transfer::{Span, span};
use crate::player::{Player, cancel_on_interrupt};
use crate::screen::Screen;
use crate::state::books::Books;
use crate::state::phone::TestPhone;
use crate::state::property::Property;

/// Most sessions for one update: a door lets somebody deliver who opens nothing every ten seconds, and a session lasts 30 s.
const SESSIONS: u32 = 8;

/// The courier: a phone on a radio, with what it carries.
pub(crate) struct Courier<'a> {
    /// The radio.
    pub(crate) player: &'a Player,
    /// The phone.
    pub(crate) phone: &'a TestPhone,
    /// Whose time it brings; `None`: no time, so that a door whose log is collected writes nothing meanwhile.
    pub(crate) clock: Option<&'a Arc<Property>>,
}

/// What a transfer was like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Transfer {
    /// Length of the parcel in bytes.
    pub(crate) parcel_bytes: usize,
    /// Whether it was a whole list.
    pub(crate) whole: bool,
    /// Where it led.
    pub(crate) list_version: u32,
    /// How many sessions it took.
    pub(crate) sessions: u32,
    /// How long it travelled, in all sessions.
    pub(crate) span: Span,
}

impl Transfer {
    /// Bytes of the parcel for each second.
    pub(crate) fn goodput(&self) -> f64 {
        per_second(self.parcel_bytes, self.span.travelled)
    }
}

/// Bytes for each second; 0 for no time at all.
pub(crate) fn per_second(bytes: usize, duration: Duration) -> f64 {
    let bytes = f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
    if duration.is_zero() { 0.0 } else { bytes / duration.as_secs_f64() }
}

impl Courier<'_> {
    /// Carries a parcel until the door has it in force, and shows how far it is. The books learn what comes back.
    pub(crate) async fn carry(
        &self,
        parcel: &Parcel,
        whole: bool,
        books: &mut Books<'_>,
        screen: Screen,
    ) -> Result<Transfer, Failure> {
        let bar = screen.bar(100, "update, percent");
        let carried = self.deliver(parcel, whole, books, &bar).await;
        bar.finish_and_clear();
        carried
    }

    async fn deliver(
        &self,
        parcel: &Parcel,
        whole: bool,
        books: &mut Books<'_>,
        bar: &ProgressBar,
    ) -> Result<Transfer, Failure> {
        let bytes = parcel.to_bytes();
        if self.phone.inbox()?.take_parcel(&bytes, &mut SystemRandom)? == Carried::No {
            let next = "ask for fewer rows at a time: a phone carries 1.9 MB in all";
            let what = format!("an update of {} bytes is more than the phone carries", bytes.len());
            return Err(Failure::new("update-too-large", what, next));
        }
        let to = parcel.header().peek_unverified()?.to;
        let mut transfer = Transfer { parcel_bytes: bytes.len(), whole, ..Transfer::default() };
        let cancel = cancel_on_interrupt();
        while transfer.sessions < SESSIONS && !cancel.is_cancelled() {
            transfer.sessions += 1;
            let delivered = self.pass(books, &cancel, bar).await?;
            let session = self.measured(&delivered);
            transfer.span = transfer.span.and(session);
            // A door that makes room first may take longer to apply it than a phone waits for its word. Its next receipt says so.
            let confirmed = || books.confirmed().filter(|confirmed| *confirmed >= to);
            if let Some(ListVersion(version)) = delivered.updated().or_else(confirmed) {
                bar.set_position(100);
                transfer.list_version = version;
                return Ok(transfer);
            }
            if let Some(reason) = refusal(&delivered) {
                return Err(refused(reason));
            }
        }
        Err(Failure::new(
            "update-incomplete",
            format!("the door had not applied the update after {} sessions", transfer.sessions),
            "stay near and run the same command again: the door goes on where it was",
        ))
    }

    /// One delivery without opening; the books learn what comes back.
    pub(crate) async fn pass(
        &self,
        books: &mut Books<'_>,
        cancel: &CancelHandle,
        bar: &ProgressBar,
    ) -> Result<Delivered, Failure> {
        let door = books.door().configuration.door;
        let unlocker = self.player.unlocker(self.phone, self.clock);
        drop(self.player.timeline.take());
        let passed = delivery::passing(&unlocker, door, cancel, &self.player.timeline, |event| {
            if let CourierEvent::Updating { percent } = event {
                bar.set_position(u64::from(*percent));
            }
        });
        let delivered = passed.await.map_err(|error| match error {
            thumbturn_phone::driver::PassError::NotDelivered(error) => explain(error, &self.player.timeline),
            other => other.into(),
        })?;
        delivery::hand_in(self.phone, books)?;
        Ok(delivered)
    }

    /// What a session had of the transfer.
    fn measured(&self, delivered: &Delivered) -> Span {
        delivered.last_of_update().map_or_else(Span::default, |done| span(&self.player.timeline.take(), done))
    }
}

fn refusal(delivered: &Delivered) -> Option<UpdateRefusal> {
    delivered.events.iter().find_map(|(_, event)| match event {
        CourierEvent::UpdateRefused { reason } => Some(*reason),
        _ => None,
    })
}

fn refused(reason: UpdateRefusal) -> Failure {
    Failure::new(
        "update-refused",
        format!("the door refuses the update: {reason:?}"),
        "run `logs`, so that the authority hears from the door, then `update --whole`",
    )
}
