//! Bulletins, in whichever direction is newer (spec §11.3).

use thumbturn_protocol::bounded::List;
use thumbturn_protocol::bulletin::{BulletinHeader, BulletinReader, Entry};
use thumbturn_protocol::error::Error;
use thumbturn_protocol::ids::BulletinEpoch;
use thumbturn_protocol::limits;
use thumbturn_protocol::record::Record;
use thumbturn_protocol::signed::Received;

use super::transfer::Violation;
use super::{CourierSession, Stage};
use crate::courier::collected::CollectedObject;
use crate::courier::event::CourierEvent;
use crate::courier::inbox::document::HeldBulletin;

/// The entries of the phone's bulletin on their way to the door.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntriesOut {
    next: usize,
}

/// The door's bulletin on its way to the phone: at most 6 KiB.
pub(super) struct IncomingBulletin {
    header: Received<BulletinHeader>,
    reader: BulletinReader,
    entries: Vec<Entry>,
}

impl EntriesOut {
    /// The next record of entries; `None` after the last.
    pub(super) fn next(&mut self, held: &HeldBulletin) -> Result<Option<Record>, Error> {
        let rest = held.entries.get(self.next..).unwrap_or_default();
        let Some(some) = rest.chunks(limits::RECORD_ENTRIES).next() else { return Ok(None) };
        let first = u16::try_from(self.next).map_err(|_| Error::InvalidArgument("bulletin entries"))?;
        self.next += some.len();
        let entries = List::try_from(some.to_vec())?;
        Ok(Some(Record::BulletinEntries { epoch: held.epoch, first, entries }))
    }
}

impl CourierSession {
    /// The door wants the entries of the bulletin whose header it was given, perhaps after the session has gone on.
    pub(super) fn on_bulletin_wanted(&mut self) -> Result<(), Violation> {
        if !self.gave_bulletin_header || self.entries.is_some() {
            return Err(Violation);
        }
        // Once: a door that asks twice gets the bulletin from the next phone.
        self.gave_bulletin_header = false;
        self.entries = Some(EntriesOut { next: 0 });
        if matches!(self.stage, Stage::OfferingBulletin) {
            self.stage = Stage::GivingBulletin;
        }
        Ok(())
    }

    pub(super) fn on_bulletin_header(&mut self, header: Received<BulletinHeader>) -> Result<(), Violation> {
        let Stage::TakingBulletin(incoming) = &mut self.stage else { return Err(Violation) };
        if incoming.is_some() {
            return Err(Violation);
        }
        let claimed = header.peek_unverified().map_err(|_| Violation)?;
        let key = self.cargo.anchor.key_of(claimed.generation).ok_or(Violation)?;
        let verified = header.verify(key).map_err(|_| Violation)?;
        if verified.property != self.cargo.origin.property {
            return Err(Violation);
        }
        if verified.version() <= self.cargo.bulletin_version() {
            return Err(Violation);
        }
        let reader = BulletinReader::new(verified);
        *incoming = Some(Box::new(IncomingBulletin { header, reader, entries: Vec::new() }));
        self.take_whole_bulletin()
    }

    pub(super) fn on_bulletin_entries(
        &mut self,
        epoch: BulletinEpoch,
        first: u16,
        some: &[Entry],
    ) -> Result<(), Violation> {
        let Stage::TakingBulletin(Some(incoming)) = &mut self.stage else { return Err(Violation) };
        incoming.reader.take(epoch, first, some).map_err(|_| Violation)?;
        incoming.entries.extend_from_slice(some);
        self.take_whole_bulletin()
    }

    /// Keeps the bulletin once all of it is there.
    fn take_whole_bulletin(&mut self) -> Result<(), Violation> {
        let Stage::TakingBulletin(incoming) = &mut self.stage else { return Err(Violation) };
        if !incoming.as_ref().is_some_and(|incoming| incoming.reader.is_full()) {
            return Ok(());
        }
        let IncomingBulletin { header, reader, entries } = *incoming.take().ok_or(Violation)?;
        let complete = reader.finish().map_err(|_| Violation)?;
        let (generation, epoch) = (complete.header().generation, complete.header().epoch);
        let held = HeldBulletin { generation, epoch, header, entries, upload: None };
        self.collect(CollectedObject::Bulletin(held));
        self.report(CourierEvent::BulletinCollected { epoch });
        self.proceed(self.active);
        Ok(())
    }
}
