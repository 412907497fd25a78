//! Who it was, and what that person was at the door then.

use thumbturn_protocol::ids::HolderId;
use thumbturn_protocol::time::UnixSeconds;

use super::telling::Mark;
use crate::office::error::Error;
use crate::office::store;
use crate::office::store::activity::Whose;
use crate::office::store::attribution;
use crate::office::store::door::Door;
use crate::office::work::Work;

/// From when to when it may have been: the same instant, unless the door's clock was unsure.
type Time = (UnixSeconds, UnixSeconds);

/// Who it was. At a private door, what nobody can be named for any more, or what tells that somebody came or went, counts as a resident's:
/// hidden by mistake is better than shown by mistake.
pub(super) async fn attributed(
    work: &mut Work<'_>,
    door: &Door,
    mark: Mark,
    time: Time,
) -> Result<Whose, Error> {
    let property = work.property();
    let somebody = Whose { is_visible: !door.kind.is_private(), ..Whose::default() };
    let nobody = Whose { is_visible: true, ..Whose::default() };
    Ok(match mark {
        Mark::Nobody => nobody,
        Mark::Somebody => somebody,
        Mark::Holder(holder) => person(work, door, holder, time).await?.unwrap_or(somebody),
        Mark::Phone(phone) => match attribution::of_phone(work.connection(), property, phone).await? {
            Some(holder) => person(work, door, holder, time).await?.unwrap_or(somebody),
            None => nobody,
        },
        Mark::Credential(number) => match attribution::owner(work.connection(), property, number).await? {
            Some(holder) => person(work, door, holder, time).await?.unwrap_or(somebody),
            None => somebody,
        },
        Mark::Shared(phone, granter) => {
            let guest = match attribution::of_phone(work.connection(), property, phone).await? {
                Some(holder) => person(work, door, holder, time).await?.unwrap_or(somebody),
                None => nobody,
            };
            Whose { is_guest: true, granter: known(work, granter, time.0).await?, ..guest }
        }
        Mark::Daily(code) => {
            let place = (property, door.id);
            let granter = attribution::daily_granter(work.connection(), place, code).await?;
            Whose { is_guest: true, granter, ..nobody }
        }
    })
}

/// A person, in the order of R-157; `None` for nobody whom the property knows, or who was erased.
async fn person(
    work: &mut Work<'_>,
    door: &Door,
    holder: HolderId,
    (at, latest): Time,
) -> Result<Option<Whose>, Error> {
    let property = work.property();
    let managed = attribution::managed(work.connection(), (property, holder), at).await?;
    let Some(is_managing) = managed else { return Ok(None) };
    let is_private = door.kind.is_private();
    let place = (property, holder, door.id);
    let is_resident = is_private && store::residence::lived(work.connection(), place, (at, latest)).await?;
    let let_in = attribution::let_in_by(work.connection(), (property, door.id), holder, at).await?;
    Ok(Some(Whose {
        holder: Some(holder),
        is_guest: let_in.is_some(),
        granter: let_in.map(|(_, granter)| granter),
        guest_grant: let_in.map(|(access, _)| access),
        is_resident,
        is_managing,
        is_visible: !is_private || is_managing || !is_resident,
        is_anonymous: false,
    }))
}

/// The holder, unless the property has erased who it was.
async fn known(work: &mut Work<'_>, holder: HolderId, at: UnixSeconds) -> Result<Option<HolderId>, Error> {
    let property = work.property();
    let managed = attribution::managed(work.connection(), (property, holder), at).await?;
    Ok(managed.map(|_| holder))
}
