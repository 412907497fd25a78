//! Who plays which part: chosen from the lists, so that any building with fitting people can tell the story.

use std::path::Path;

use thumbturn_protocol::claim::DoorKind;

use crate::building_file::PlannedDoor;
use crate::resident_list::Person;

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
    /// Somebody who moves out of a residence, and the residence.
    pub(crate) moving: (usize, usize),
    /// Somebody whose phone carries what it does not know of.
    pub(crate) carrier: Carrier,
}

/// A person, a door that the resident holds, too, and one that whoever moves out holds, too.
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
    pub(crate) fn choose(file: &Path, people: &[Person], doors: &[PlannedDoor]) -> Result<Self, NobodyFor> {
        let nobody = |part| NobodyFor { file: file.display().to_string(), part };
        let first = |fits: &dyn Fn(&Person) -> bool| people.iter().position(fits);
        let stranger = people.iter().enumerate().find_map(|(person, who)| {
            (0..doors.len()).find(|door| !who.doors.contains(door)).map(|door| (person, door))
        });
        let resident = first(&|who| who.may_share && who.schedule.is_none() && who.until.is_none())
            .ok_or_else(|| nobody("a person with may_share, without schedule and until"))?;
        let moving = moving(people, doors, resident)
            .ok_or_else(|| nobody("a person without schedule and until who alone holds a residence and is not the first with may_share"))?;
        let carrier = carrier(people, resident, moving.0).ok_or_else(|| {
            nobody("a third person without until who holds a first door of the resident and another one of whoever moves out")
        })?;
        Ok(Self {
            resident,
            moving,
            carrier,
            scheduled: first(&|who| who.schedule.is_some() && who.until.is_none())
                .ok_or_else(|| nobody("a person with a schedule and without until"))?,
            leaving: first(&|who| who.until.is_some() && who.schedule.is_none())
                .ok_or_else(|| nobody("a person with until and without a schedule"))?,
            stranger: stranger.ok_or_else(|| nobody("a person who does not hold every door"))?,
        })
    }
}

/// Who lives alone in a residence, and could move out of it.
fn moving(people: &[Person], doors: &[PlannedDoor], resident: usize) -> Option<(usize, usize)> {
    let is_alone = |door| people.iter().filter(|who| who.doors.contains(&door)).count() == 1;
    let home_of = |who: &Person| {
        let homes = who.doors.iter().filter(|door| {
            doors.get(**door).is_some_and(|planned| planned.kind == DoorKind::Residence) && is_alone(**door)
        });
        homes.copied().next()
    };
    people
        .iter()
        .enumerate()
        .filter(|(position, who)| *position != resident && who.schedule.is_none() && who.until.is_none())
        .find_map(|(position, who)| home_of(who).map(|home| (position, home)))
}

/// Who meets the resident at one door, and whoever moves out at another.
fn carrier(people: &[Person], resident: usize, moving: usize) -> Option<Carrier> {
    let here = *people.get(resident)?.doors.first()?;
    let left = &people.get(moving)?.doors;
    let there_of = |who: &Person| who.doors.iter().copied().find(|door| *door != here && left.contains(door));
    people
        .iter()
        .enumerate()
        .filter(|(position, who)| {
            ![resident, moving].contains(position) && who.until.is_none() && who.doors.contains(&here)
        })
        .find_map(|(person, who)| there_of(who).map(|there| Carrier { person, here, there }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::building_file::Plan;
    use crate::resident_list;

    const RESIDENTS: &str = include_str!("../residents.csv");

    fn choose(residents: &str) -> Result<Cast, NobodyFor> {
        let plan = Plan::parse(Path::new("building.toml"), include_str!("../building.toml")).unwrap();
        let file = Path::new("residents.csv");
        let people = resident_list::parse(file, residents, &plan).unwrap();
        Cast::choose(file, &people, &plan.doors)
    }

    #[test]
    fn the_parts_of_the_repository_s_story_are_all_played() {
        let cast = choose(RESIDENTS).unwrap();
        assert_eq!((cast.resident, cast.scheduled, cast.leaving, cast.moving), (0, 1, 2, (3, 2)));
        let Carrier { person, here, there } = cast.carrier;
        assert_eq!((person, here, there), (1, 0, 3));
    }

    #[test]
    fn a_part_that_nobody_can_play_is_named() {
        let cases = [
            ("Dario,android,Entrance;Flat 2;Cellar,,,no", "", "alone holds a residence"),
            ("Entrance;Flat 2;Cellar", "Entrance;Flat 1;Cellar", "alone holds a residence"),
            ("Bruno,ios,Entrance;Cellar", "Bruno,ios,Entrance", "a third person"),
            ("cleaning", "", "a person with a schedule"),
            ("2026-03-02 10:30", "", "a person with until"),
            (",,,yes", ",,,no", "a person with may_share"),
        ];
        for (from, to, expected) in cases {
            assert!(RESIDENTS.contains(from), "{from}");
            let nobody = choose(&RESIDENTS.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(
                nobody.starts_with("residents.csv: the story needs ") && nobody.contains(expected),
                "{nobody}"
            );
        }
    }
}
