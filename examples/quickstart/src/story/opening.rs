//! From two files to doors that are claimed and phones that hold grants.

use std::path::Path;

use thumbturn_manager::office::use_case::authority::{Claimed, PrepareClaim};
use thumbturn_simulator::building::{Building, BuildingSettings};
use thumbturn_simulator::door::SimulatedDoorSettings;
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::zone_table::zone_table;

use super::{Story, StoryError};
use crate::building_file::{Plan, PlannedDoor};
use crate::cast::Cast;
use crate::desk::{Clock, Desk, Imported};
use crate::person;
use crate::step::Counts;

impl Story {
    /// Founds the office of the plan and imports the resident list, which was read from `file`.
    pub(crate) fn begin(plan: Plan, file: &Path, residents: &str) -> Result<Self, StoryError> {
        let zone = zone_table(plan.zone.name(), plan.start)?;
        let settings = BuildingSettings {
            seed: plan.seed,
            start: plan.start,
            zone: zone.clone(),
            ..BuildingSettings::default()
        };
        let building = Building::with(settings)?;
        let desk = Desk::found(&plan, Clock::new(building.world().clone(), plan.start))?;
        let inventory = desk.furnish(&plan)?;
        let imported = desk.import(file, residents)?;
        let people = person::everybody(&desk, &inventory)?;
        let cast = Cast::choose(file, &people, &plan)?;
        let mut story = Self {
            plan,
            zone,
            people,
            cast,
            building,
            desk,
            inventory,
            doors: Vec::new(),
            residents: Vec::new(),
            newcomer: None,
            guest: None,
            steps: Vec::new(),
        };
        let Imported { people, doors } = imported;
        let action = "the manager imports the resident list".into();
        let outcome = format!("{people} people hold their Keys, which {doors} doors are to hear of");
        story.note("import", action, outcome, Counts::default());
        Ok(story)
    }

    pub(super) fn commission(&mut self) -> Result<(), StoryError> {
        let planned: Vec<_> = self.plan.doors.iter().cloned().zip(self.inventory.doors.clone()).collect();
        for (PlannedDoor { name, relock_seconds, .. }, id) in planned {
            let (mark, started) = (self.building.world().mark(), self.building.world().now());
            // A battery-backed clock: these doors keep the time over a power cut.
            let settings = SimulatedDoorSettings {
                real_time_clock: Some(self.plan.start),
                ..SimulatedDoorSettings::default()
            };
            let device = self.building.build_in(name.as_str(), settings);
            let prepare = PrepareClaim { door: id, zone: self.zone.clone(), relock_seconds };
            let configuration = self.desk.perform(&prepare)?;
            let (door, keys) = self.building.claim_prepared(name.as_str(), device, &configuration)?;
            self.desk.perform(&Claimed { configuration, keys })?;
            let trace = self.building.world().trace_after(mark);
            let counts = Counts::of_trace(&trace, self.building.world().now().since(started), 0);
            let action = format!("the installer claims {name}");
            self.note("commission", action, "the door made its keys".into(), counts);
            self.doors.push(door);
        }
        Ok(())
    }

    /// Everybody's phone is enrolled, and fetches what is its person's. Android phones and iPhones take turns.
    pub(super) fn issue(&mut self) -> Result<(), StoryError> {
        let (mut grants, mut updates) = (0, 0);
        for (position, person) in self.people.clone().into_iter().enumerate() {
            let is_even = position.is_multiple_of(2);
            let profile = if is_even { PhoneProfile::android() } else { PhoneProfile::ios() };
            let resident = self.enrol(&person.name, profile, (person.holder, person.account))?;
            grants += resident.wallet()?.credentials().len();
            updates += resident.inbox()?.parcels().len();
            self.residents.push(resident);
        }
        let action = format!("{} phones are enrolled, and fetch what is theirs", self.residents.len());
        let outcome = format!("{grants} signed grants, {updates} updates to carry, nothing sent to any door");
        self.note("issue", action, outcome, Counts::default());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cast::Carrier;

    const BUILDING: &str = include_str!("../../building.toml");
    const RESIDENTS: &str = include_str!("../../residents.csv");

    fn begin(residents: &str) -> Result<Story, StoryError> {
        let plan = Plan::parse(Path::new("building.toml"), BUILDING).unwrap();
        Story::begin(plan, Path::new("residents.csv"), residents)
    }

    fn mistake_after(from: &str, to: &str) -> String {
        assert!(RESIDENTS.contains(from), "{from}");
        match begin(&RESIDENTS.replacen(from, to, 1)) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("{from:?} may be {to:?}"),
        }
    }

    #[test]
    fn the_parts_of_the_repository_s_story_are_all_played() {
        let story = begin(RESIDENTS).unwrap();
        let Cast { resident, scheduled, leaving, moving, carrier, .. } = &story.cast;
        assert_eq!((*resident, *scheduled, *leaving), (0, 1, 2));
        assert_eq!((moving.person, moving.home, moving.house_key), (3, 2, 0));
        let Carrier { person, here, there } = carrier;
        assert_eq!((*person, *here, *there), (1, 0, 3));
    }

    #[test]
    fn a_part_that_nobody_can_play_is_named() {
        let cases = [
            (
                "Dario,Lind,dario@example.com,+49 30 23125002,2,House;Flat 2,yes,no,,",
                "",
                "alone holds a residence",
            ),
            ("House;Flat 2", "House;Flat 1", "alone holds a residence"),
            ("House;Flat 2", "Flat 2", "by another Key"),
            (",Cleaning,", ",Visit,", "a third person"),
            ("2026-03-02T10:30:00+01:00", "", "a person with expires"),
            (",yes,yes,,", ",yes,no,,", "a person with may_share"),
        ];
        for (from, to, expected) in cases {
            let nobody = mistake_after(from, to);
            assert!(
                nobody.starts_with("residents.csv: the story needs ") && nobody.contains(expected),
                "{nobody}, and not {expected}"
            );
        }
    }

    ///
    #[test]
    fn mistakes_name_their_line_and_column() {
        let cases = [
            ("Flat 1", "Flat 9", "residents.csv:2: keys: there is no such Key"),
            ("Flat 1", "Flat 9", "the building file has Cleaning, Flat 1, Flat 2, House, Visit"),
            ("House;Flat 1", "", "residents.csv:2: keys: there is no Key"),
            ("bruno@example.com", "bruno", "residents.csv:3: email: this is no e-mail address"),
            ("chloe@example.com", "ada@example.com", "residents.csv:4: email: another row"),
            ("2026-03-02T10:30:00+01:00", "tomorrow", "residents.csv:4: expires: this is no date"),
            (
                "2026-03-02T10:30:00+01:00",
                "2026-03-02T08:30:00+01:00",
                "residents.csv:4: expires: access would end",
            ),
            (
                ",2,House;Flat 2,yes,no",
                ",9,House;Flat 2,maybe,no",
                "residents.csv:5: resident: this is neither yes nor no",
            ),
            (",2,House;Flat 2", ",9,House;Flat 2", "residents.csv:5: unit: there is no such unit"),
            (",no,no,,\nChloe", ",no,no,\nChloe", "residents.csv:3: this row has more or fewer cells"),
            ("may_share", "may_dance", "residents.csv:1: there is no column \"may_dance\""),
        ];
        for (from, to, expected) in cases {
            let mistake = mistake_after(from, to);
            assert!(mistake.contains(expected), "{mistake}, and not {expected}");
        }
    }
}
