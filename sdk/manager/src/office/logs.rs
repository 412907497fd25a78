//! Logs of doors: from the batches that phones bring into the store, and from there to the acknowledgements that free them at the door
//! (spec §12.2 to §12.4).

use thumbturn_protocol::event::{LoggedEvent, Sequence};
use thumbturn_protocol::ids::{DoorId, EventNumber};
use thumbturn_protocol::log::{Acknowledgement, EventSalt, SealedBatch};

use super::error::{Error, Invalid, Thing};
use super::store::life::{LifeId, LifeRecord};
use super::store::log::Progress;
use super::work::Work;
use super::{activity, books, store};
use crate::authority::door_log::DoorLog;
use crate::authority::error::AuthorityError;
use crate::authority::generation_keys::GenerationKeys;
use crate::authority::receipt_book::NewReceipt;

/// Takes a batch that some phone brought, of any life of a door, in any order and as often as it comes.
pub(crate) async fn take(work: &mut Work<'_>, batch: &[u8]) -> Result<(), Error> {
    let (property, now) = (work.property(), work.now);
    let sealed = SealedBatch::from_bytes(batch).map_err(|_| Invalid::Foreign)?;
    let header = sealed.peek_unverified().map_err(|_| Invalid::Foreign)?;
    let origin = header.origin;
    let id = (property, origin.door, origin.door_key);
    let life = store::life::find(work.connection(), id).await?;
    let life = life.filter(|_| origin.property == property).ok_or(Invalid::Foreign)?;
    let keys = books::keys_of(work, origin.generation).await?;
    let first = header.first.0;
    let last = first.saturating_add(u32::from(header.count));
    let mut log = restored(work, (id, &life), (first, last)).await?;
    match log.take(&sealed, &keys) {
        Ok(()) => {}
        Err(AuthorityError::Forked) => return Ok(store::log::note_fork(work.connection(), id, now).await?),
        Err(_) => return Err(Invalid::Foreign.into()),
    }
    let gone = first.saturating_sub(header.gone).max(1)..=first.saturating_sub(1);
    if !gone.is_empty() {
        store::log::keep_gap(work.connection(), id, gone).await?;
    }
    let before = EventNumber(first.saturating_sub(1));
    if let Some(head) = log.head(before).filter(|_| before > EventNumber(0)) {
        store::log::keep_head(work.connection(), id, (before, head), now).await?;
    }
    keep(work, id, &log).await
}

/// Keeps what is new in a log, and notes what happened.
async fn keep(work: &mut Work<'_>, id: LifeId, log: &DoorLog) -> Result<(), Error> {
    let mut events = Vec::new();
    for (number, content) in log.new_events() {
        let head = log.head(number).ok_or(Invalid::Foreign)?;
        // An event of a newer door is kept as it is, and read by a newer program.
        let bytes = content.get(EventSalt::LENGTH..).unwrap_or_default();
        let event = LoggedEvent::from_bytes(Sequence(number.0), bytes);
        let at = event.as_ref().map_or(work.now, |event| event.time.at);
        store::log::keep_event(work.connection(), id, (number, head), (content, at)).await?;
        events.extend(event);
    }
    advance(work, id, log).await?;
    let door = store::door::find(work.connection(), id.0, id.1).await?;
    activity::note(work, &door.ok_or(Error::NotFound(Thing::Door))?, &events).await
}

/// Learns from a receipt how far the log of its door goes.
pub(crate) async fn learn(work: &mut Work<'_>, life: &LifeRecord, receipt: &NewReceipt) -> Result<(), Error> {
    let (id, now) = ((work.property(), life.door, life.door_key), work.now);
    let last = receipt.body.log_next.0.saturating_sub(1);
    let mut log = restored(work, (id, life), (last, last)).await?;
    if log.learn(receipt).is_err() {
        return Ok(store::log::note_fork(work.connection(), id, now).await?);
    }
    if last > 0 {
        let head = (EventNumber(last), receipt.body.log_head);
        store::log::keep_head(work.connection(), id, head, now).await?;
    }
    advance(work, id, &log).await
}

async fn restored(
    work: &mut Work<'_>,
    (id, life): (LifeId, &LifeRecord),
    around: (u32, u32),
) -> Result<DoorLog, Error> {
    let progress = store::log::progress(work.connection(), id).await?;
    let stored = store::log::around(work.connection(), id, progress, around).await?;
    Ok(DoorLog::restored(life.door, books::door_keys(life)?, stored))
}

async fn advance(work: &mut Work<'_>, id: LifeId, log: &DoorLog) -> Result<(), Error> {
    let (EventNumber(acknowledged), _) = log.complete();
    let (progress, revision) = (Progress { whole: log.whole(), acknowledged }, work.revision());
    Ok(store::log::advance(work.connection(), id, progress, revision).await?)
}

/// The word that frees events of a door, where the property has more of them than at a revision.
pub(crate) async fn acknowledgement(
    work: &mut Work<'_>,
    keys: &GenerationKeys,
    door: DoorId,
    since: u64,
) -> Result<Option<Vec<u8>>, Error> {
    let property = work.property();
    let Some(freed) = store::log::freed_since(work.connection(), (property, door), since).await? else {
        return Ok(None);
    };
    let Some(life) = store::life::live(work.connection(), property, door).await? else { return Ok(None) };
    let origin = keys.origin(door, &books::door_keys(&life)?);
    let word = keys.sign(&Acknowledgement::new(origin, freed.number, freed.head))?;
    Ok(Some(word.as_bytes().to_vec()))
}
