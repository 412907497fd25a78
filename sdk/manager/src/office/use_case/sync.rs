//! What a phone fetches and hands in when it has a network: one exchange, safe to repeat (spec §15).

mod clock;
mod credentials;
mod handed;
mod parcels;
mod time;

use thumbturn_protocol::bounded::List;
use thumbturn_protocol::sync::{AnswerHead, Cursor, SyncAnswer, SyncRequest};

pub use self::clock::ConfirmClock;
use self::credentials::{Held, Wallet};
use self::parcels::Load;
pub use self::time::SignTime;
use super::UseCase;
use super::sealed::Sealed;
use crate::authority::generation_keys::GenerationKeys;
use crate::office::audit::Subject;
use crate::office::permission::Need;
use crate::office::work::Work;
use crate::office::{Error, Invalid, Thing, books, bulletins, logs, store};

/// Takes what a phone hands in, and gives it what is new: credentials, updates to carry, the bulletin, the time, and the words that free
/// events at doors. All in one transaction, so that a grant and the update that it waits for come together.
///
/// Asked again with the same request it gives the same, or something newer; what was taken twice counts once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// As the phone sent it: [`SyncRequest::from_bytes`].
    pub request: SyncRequest,
}

impl Sealed for Exchange {}

impl UseCase for Exchange {
    type Answer = SyncAnswer;
    const NAME: &'static str = "exchange";
    const IS_AUDITED: bool = false;

    fn need(&self) -> Need {
        Need::Belonging
    }

    fn subject(&self) -> Subject {
        Subject::Phone(self.request.phone)
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<SyncAnswer, Error> {
        let (property, request) = (work.property(), &self.request);
        let holder = store::phone::holder(work.connection(), property, request.phone).await?;
        let holder = holder.ok_or(Error::NotFound(Thing::Phone))?;
        work.require(&Need::Oneself(holder))?;
        clock::note(work).await?;
        let taken = handed::take(work, &request.handed).await?;
        let (keys, root_key) = books::keys(work).await?;
        let since = request.since.0;
        let held = Wallet { keys: &keys, holder, phone: request.phone, since }.held(work).await?;
        let load = parcels::load(work, request, &held).await?;
        let head = AnswerHead {
            // What did not fit comes again under the same cursor.
            cursor: if held.more { request.since } else { Cursor(work.revision()) },
            property: keys.public(root_key),
            time: bounded(keys.time_token(work.now, None)?.as_bytes().to_vec())?,
        };
        let mut answer = SyncAnswer::new(head).map_err(|_| Invalid::Foreign)?;
        answer.taken = list(taken)?;
        let rotation = store::generation::announced_since(work.connection(), property, since).await?;
        answer.rotation = rotation.map(bounded).transpose()?;
        answer.bulletin = bulletin(work, &keys, since).await?.map(bounded).transpose()?;
        answer.acknowledgements = bounded_list(acknowledgements(work, &keys, &held, since).await?)?;
        fill(&mut answer, held, load)?;
        Ok(answer)
    }
}

fn fill(answer: &mut SyncAnswer, held: Held, load: Load) -> Result<(), Error> {
    answer.more = held.more || load.more;
    answer.doors = list(held.doors)?;
    answer.credentials = bounded_list(held.credentials)?;
    answer.parcels = bounded_list(load.parcels)?;
    Ok(())
}

/// The newest bulletin, unless the phone has it.
async fn bulletin(work: &mut Work<'_>, keys: &GenerationKeys, since: u64) -> Result<Option<Vec<u8>>, Error> {
    let newest = bulletins::newest(work, keys).await?;
    Ok(newest.filter(|newest| newest.revision > since).and_then(|newest| newest.content))
}

/// For the doors of a phone: what they may free.
async fn acknowledgements(
    work: &mut Work<'_>,
    keys: &GenerationKeys,
    held: &Held,
    since: u64,
) -> Result<Vec<Vec<u8>>, Error> {
    let mut words = Vec::new();
    for door in &held.doors {
        words.extend(logs::acknowledgement(work, keys, *door, since).await?);
    }
    Ok(words)
}

fn list<T, const MOST: usize>(elements: Vec<T>) -> Result<List<T, 0, MOST>, Error> {
    elements.try_into().map_err(|_| Invalid::Foreign.into())
}

fn bounded<const LEAST: usize, const MOST: usize>(
    bytes: Vec<u8>,
) -> Result<thumbturn_protocol::bounded::Bytes<LEAST, MOST>, Error> {
    bytes.try_into().map_err(|_| Invalid::Foreign.into())
}

fn bounded_list<const LEAST: usize, const LONGEST: usize, const MOST: usize>(
    elements: Vec<Vec<u8>>,
) -> Result<List<thumbturn_protocol::bounded::Bytes<LEAST, LONGEST>, 0, MOST>, Error> {
    list(elements.into_iter().map(bounded).collect::<Result<_, _>>()?)
}
