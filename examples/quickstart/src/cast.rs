//! Who plays which part: chosen from the lists, so that any building with fitting people can tell the story.

use std::path::Path;

use thumbturn_manager::office::model::DoorType;

use crate::building_file::Plan;
use crate::person::Person;

/// The people of the story, as positions in the resident list.
#[derive(Debug)]
pub(crate) struct Cast {
    /// Opens his doors at any hour and may share.
    pub(crate) resident: usize,
    /// Has hours.
    pub(crate) scheduled: usize,
    /// Has an end.
    pub(crate) leaving: usize,
    /// Somebody, and a door that he does not hold.
    pub(crate) stranger: (usize, usize),
    /// Somebody who moves out.
    pub(crate) moving: Moving,
    /// Somebody whose phone carries what it does not know of.
    pub(crate) carrier: Carrier,
}

/// A person, the residence that he alone holds, and a Key of his that does not open it: to a first door of the resident.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moving {
    pub(crate) person: usize,
    pub(crate) home: usize,
    pub(crate) house_key: usize,
}

/// A person, a first door of the resident, and another one that whoever moves out keeps at first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carrier {
    pub(crate) person: usize,
    pub(crate) here: usize,
    pub(crate) there: usize,
}

/// The list has nobody for a part.
#[derive(Debug, thiserror::Error)]
#[error("{file}: the story needs {part}: add a row")]
pub(crate) struct NobodyFor {
    file: String,
    part: &'static str,
}

impl Cast {
    /// Chooses the first fitting person of the resident list `file` for each part.
    pub(crate) fn choose(file: &Path, people: &[Person], plan: &Plan) -> Result<Self, NobodyFor> {
        let nobody = |part| NobodyFor { file: file.display().to_string(), part };
        let first = |fits: &dyn Fn(&Person) -> bool| people.iter().position(fits);
        let stranger = people.iter().enumerate().find_map(|(person, who)| {
            let held = who.doors(plan);
            (0..plan.doors.len()).find(|door| !held.contains(door)).map(|door| (person, door))
        });
        let is_free = |who: &Person| !who.has_hours(plan) && who.until.is_none();
        let resident = first(&|who| who.may_share && is_free(who))
            .ok_or_else(|| nobody("a person with may_share, without hours and expires"))?;
        let here = people.get(resident).and_then(|who| who.doors(plan).first().copied()).unwrap_or_default();
        let candidates = people.iter().enumerate();
        let mut candidates = candidates.filter(|(person, who)| *person != resident && is_free(who));
        let moving = candidates.find_map(|(person, _)| moving(people, plan, person, here)).ok_or_else(|| {
            nobody("a person without hours and expires who alone holds a residence, and by another Key the first door of the first with may_share")
        })?;
        let carrier = carrier(people, plan, (resident, here), moving).ok_or_else(|| {
            nobody("a third person without expires who holds the first door of the first with may_share, and another one of whoever moves out")
        })?;
        Ok(Self {
            resident,
            moving,
            carrier,
            scheduled: first(&|who| who.has_hours(plan) && who.until.is_none())
                .ok_or_else(|| nobody("a person with a Key that has hours, and without expires"))?,
            leaving: first(&|who| who.until.is_some() && !who.has_hours(plan))
                .ok_or_else(|| nobody("a person with expires, and without hours"))?,
            stranger: stranger.ok_or_else(|| nobody("a person who does not hold every door"))?,
        })
    }
}

/// Whether somebody lives alone in a residence, and could move out of it.
fn moving(people: &[Person], plan: &Plan, person: usize, here: usize) -> Option<Moving> {
    let who = people.get(person)?;
    let is_alone = |door: &usize| people.iter().filter(|other| other.doors(plan).contains(door)).count() == 1;
    let is_home = |door: &usize| {
        plan.doors.get(*door).is_some_and(|planned| planned.kind == DoorType::Residence) && is_alone(door)
    };
    let home = who.doors(plan).into_iter().find(is_home)?;
    let house_key = who.keys.iter().map(|held| held.key).find(|key| {
        plan.keys.get(*key).is_some_and(|key| key.doors.contains(&here) && !key.doors.contains(&home))
    })?;
    Some(Moving { person, home, house_key })
}

/// Who meets the resident at one door, and whoever moves out at another.
fn carrier(
    people: &[Person],
    plan: &Plan,
    (resident, here): (usize, usize),
    moving: Moving,
) -> Option<Carrier> {
    let kept = &plan.keys.get(moving.house_key)?.doors;
    people
        .iter()
        .enumerate()
        .filter(|(position, who)| ![resident, moving.person].contains(position) && who.until.is_none())
        .map(|(person, who)| (person, who.doors(plan)))
        .filter(|(_, doors)| doors.contains(&here))
        .find_map(|(person, doors)| {
            let there = doors.into_iter().find(|door| *door != here && kept.contains(door))?;
            Some(Carrier { person, here, there })
        })
}
