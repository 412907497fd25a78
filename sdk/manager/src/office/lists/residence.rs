//! Who lives behind which private door: noted whenever the lists of a person's doors are, so that what happened is judged by what somebody
//! was then, whatever became of Keys and grants since.

use std::collections::BTreeMap;

use thumbturn_protocol::ids::{DoorId, HolderId};
use thumbturn_protocol::time::UnixSeconds;

use super::doors::Doors;
use crate::access::{Access, Term};
use crate::office::error::Error;
use crate::office::store;
use crate::office::work::Work;

/// Brings the periods of people in line with the marks of their grants, from now on. `doors`: those of these people at least.
pub(super) async fn note(
    work: &mut Work<'_>,
    holders: &[HolderId],
    access: &Access,
    doors: &Doors,
) -> Result<(), Error> {
    let (property, now) = (work.property(), work.now);
    let mut known: BTreeMap<(HolderId, DoorId), Vec<Term>> = BTreeMap::new();
    for (place, term) in store::residence::of(work.connection(), property, holders, now).await? {
        known.entry(place).or_default().push(term);
    }
    let is_private = |door: &DoorId| doors.get(*door).is_some_and(|door| door.kind.is_private());
    let mut wanted: BTreeMap<(HolderId, DoorId), Vec<Term>> = BTreeMap::new();
    for holder in holders {
        for door in access.doors(*holder).into_iter().filter(is_private) {
            wanted.insert((*holder, door), access.residence(*holder, door));
        }
    }
    for place in known.keys() {
        wanted.entry(*place).or_default();
    }
    let mut periods = Vec::new();
    for ((holder, door), terms) in wanted {
        let known = known.remove(&(holder, door)).unwrap_or_default();
        let terms = from_now_on(&known, terms, now);
        if terms == known {
            continue;
        }
        if !known.is_empty() {
            store::residence::end(work.connection(), (property, holder, door), now).await?;
        }
        periods.extend(terms.into_iter().map(|term| ((holder, door), term)));
    }
    Ok(store::residence::set(work.connection(), property, &periods).await?)
}

/// What is to be noted: who lived there before keeps the beginning; who did not begins now at the earliest, though the grant may be older
/// than the door's place in its Key.
fn from_now_on(known: &[Term], terms: Vec<Term>, now: UnixSeconds) -> Vec<Term> {
    let since = known.iter().map(|term| term.start()).filter(|start| *start <= now).min();
    let begun = |term: Term| {
        if term.start() > now { Some(term) } else { Term::new(since.unwrap_or(now), term.end()).ok() }
    };
    terms.into_iter().filter_map(begun).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> UnixSeconds {
        UnixSeconds::new(1_800_000_000 + seconds).unwrap()
    }

    fn term(start: u64, end: Option<u64>) -> Term {
        Term::new(at(start), end.map(at)).unwrap()
    }

    #[test]
    fn a_home_is_noted_from_now_on_and_keeps_its_beginning() {
        let noted = |known: &[Term], terms: &[Term]| from_now_on(known, terms.to_vec(), at(10));
        assert_eq!(noted(&[], &[term(0, None)]), [term(10, None)], "a door new in an old Key");
        assert_eq!(noted(&[term(5, None)], &[term(0, Some(20))]), [term(5, Some(20))]);
        assert_eq!(noted(&[], &[term(15, None)]), [term(15, None)]);
        assert_eq!(noted(&[term(5, None)], &[term(15, None)]), [term(15, None)], "not in between");
        assert!(noted(&[term(5, None)], &[]).is_empty());
    }
}
