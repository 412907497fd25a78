//! The story itself: doors, people and taps in the virtual building, with the real engine, the real phone core and the
//! protocol between them.

mod attacks;
mod hand_over;
mod interrupted;
mod keycard;
mod logs;
mod office;
mod revocation;
mod unlocks;
mod visits;

use core::time::Duration;

use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::ids::ListVersion;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::validity::Validity;
use thumbturn_simulator::authority::{GrantTerms, shortly_before};
use thumbturn_simulator::building::{
    Building, BuildingDoor, BuildingError, BuildingSettings, DoorPlan, Resident, Visit,
};
use thumbturn_simulator::door::SimulatedDoorSettings;
use thumbturn_simulator::zone_table::{ZoneTableError, zone_table};

use crate::building_file::{Plan, PlannedDoor};
use crate::cast::Cast;
use crate::civil_time;
use crate::resident_list::Person;
use crate::step::{Counts, Step};
use office::Office;

/// A lease: a week, as the design recommends for residents.
const LEASE_SECONDS: u64 = 7 * 86_400;
/// Pause between two taps: the door has relocked, and its connections are gone.
const PAUSE: Duration = Duration::from_secs(40);

/// One part of the story.
type Part = fn(&mut Story) -> Result<(), StoryError>;

/// Why the story ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoryError {
    #[error(transparent)]
    Building(#[from] BuildingError),
    #[error(transparent)]
    Zone(#[from] ZoneTableError),
    /// Something came out otherwise than the story tells. With the files of the repository this is a defect.
    #[error("{step}: expected {expected}, and got {got}")]
    Unexpected { step: &'static str, expected: &'static str, got: String },
    #[error("nothing changes for {0} within two weeks: give other hours or another end")]
    NoSuchInstant(String),
}

/// The story as far as it is told.
pub(crate) struct Story {
    plan: Plan,
    people: Vec<Person>,
    cast: Cast,
    building: Building,
    doors: Vec<BuildingDoor>,
    residents: Vec<Resident>,
    office: Office,
    /// Who moved in.
    newcomer: Option<Resident>,
    steps: Vec<Step>,
}

impl Story {
    /// Tells the whole story. `told` is called with each step as it happens.
    pub(crate) fn tell(
        plan: Plan,
        people: Vec<Person>,
        cast: Cast,
        mut told: impl FnMut(&Step),
    ) -> Result<Vec<Step>, StoryError> {
        let mut story = Self::begin(plan, people, cast)?;
        let parts: [Part; 16] = [
            Self::commission,
            Self::issue,
            Self::first_unlock,
            Self::repeat_unlock,
            Self::replayed_recording,
            Self::share_with_guest,
            Self::wrong_door,
            Self::cancelled,
            Self::out_of_schedule,
            Self::expired,
            Self::hand_over,
            Self::keycard,
            Self::revocation,
            Self::three_phones,
            Self::power_cut,
            Self::logs_come_home,
        ];
        let mut count = 0;
        for part in parts {
            part(&mut story)?;
            for step in story.steps.iter().skip(count) {
                told(step);
            }
            count = story.steps.len();
        }
        Ok(story.steps)
    }

    fn begin(plan: Plan, people: Vec<Person>, cast: Cast) -> Result<Self, StoryError> {
        let settings = BuildingSettings {
            seed: plan.seed,
            start: plan.start,
            zone: zone_table(plan.zone.name(), plan.start)?,
            ..BuildingSettings::default()
        };
        Ok(Self {
            building: Building::with(settings)?,
            plan,
            people,
            cast,
            doors: Vec::new(),
            residents: Vec::new(),
            office: Office::default(),
            newcomer: None,
            steps: Vec::new(),
        })
    }

    fn commission(&mut self) -> Result<(), StoryError> {
        for position in 0..self.plan.doors.len() {
            let Some(PlannedDoor { name, kind, relock_seconds }) = self.plan.doors.get(position) else {
                break;
            };
            let (name, kind, relock_seconds) = (name.clone(), *kind, *relock_seconds);
            let (mark, started) = (self.building.world().mark(), self.building.world().now());
            // A battery-backed clock: these doors keep the time over a power cut.
            let settings = SimulatedDoorSettings {
                real_time_clock: Some(self.plan.start),
                ..SimulatedDoorSettings::default()
            };
            let plan = DoorPlan { kind, relock_seconds, settings, ..DoorPlan::default() };
            let door = self.building.add_door_with(&name, plan)?;
            let trace = self.building.world().trace_after(mark);
            let counts = Counts::of_trace(&trace, self.building.world().now().since(started), 0);
            self.note(
                "commission",
                format!("the installer claims {name}"),
                "the door made its keys".into(),
                counts,
            );
            self.doors.push(door);
        }
        Ok(())
    }

    fn issue(&mut self) -> Result<(), StoryError> {
        let mut grants = 0;
        for person in self.people.clone() {
            let resident = self.building.add_resident_with(&person.name, person.profile.clone())?;
            for door in person.doors.iter().filter_map(|door| self.doors.get(*door)) {
                let terms = terms(&person, self.building.now());
                self.building.grant_with(&resident, door, &terms)?;
                grants += 1;
            }
            self.residents.push(resident);
        }
        let action = format!("the authority grants {} people their doors", self.people.len());
        self.note(
            "issue",
            action,
            format!("{grants} signed grants, nothing sent to any door"),
            Counts::default(),
        );
        Ok(())
    }

    /// A person of the cast.
    fn resident(&self, position: usize) -> Result<Resident, StoryError> {
        self.residents.get(position).cloned().ok_or(StoryError::NoSuchInstant(String::new()))
    }

    /// Who moved in.
    fn newcomer(&self) -> Result<Resident, StoryError> {
        self.newcomer.clone().ok_or(StoryError::NoSuchInstant(String::new()))
    }

    /// A door of the plan.
    fn door(&self, position: usize) -> Result<BuildingDoor, StoryError> {
        self.doors.get(position).cloned().ok_or(StoryError::NoSuchInstant(String::new()))
    }

    /// The first door of a person of the cast.
    fn door_of(&self, person: usize) -> Result<BuildingDoor, StoryError> {
        let door = self.people.get(person).and_then(|person| person.doors.first());
        door.and_then(|door| self.doors.get(*door)).cloned().ok_or(StoryError::NoSuchInstant(String::new()))
    }

    /// A person taps at a door, and the story checks what comes of it.
    fn tap(
        &mut self,
        title: &'static str,
        person: &Resident,
        door: &BuildingDoor,
        expected: &'static str,
        fits: impl Fn(&Visit) -> bool,
    ) -> Result<Visit, StoryError> {
        let before = door.door().bolt_movements().len();
        let visit = self.building.unlock(person, door)?;
        let moves = door.door().bolt_movements().len() - before;
        let outcome = describe(&visit);
        if !fits(&visit) {
            return Err(StoryError::Unexpected { step: title, expected, got: outcome });
        }
        let action = format!("{} taps at {}", person.name(), door.name());
        self.note(title, action, outcome, Counts::of_visit(&visit, moves));
        self.building.world().run_for(PAUSE);
        Ok(visit)
    }

    fn note(&mut self, title: &'static str, action: String, outcome: String, counts: Counts) {
        let time = civil_time::show(self.building.now(), self.plan.zone);
        self.steps.push(Step { title, time, action, outcome, counts, behind: None });
    }

    /// Lets time pass until `fits`, looking once a minute, for two weeks at most.
    fn wait_until(&self, whom: &Resident, fits: impl Fn(UnixSeconds) -> bool) -> Result<(), StoryError> {
        const MINUTE: u64 = 60;
        let now = self.building.now();
        let minutes = (0..14 * 24 * 60).find(|minutes| fits(now.plus(minutes * MINUTE)));
        let minutes = minutes.ok_or_else(|| StoryError::NoSuchInstant(whom.name().into()))?;
        self.building.world().run_for(Duration::from_secs(minutes * MINUTE));
        Ok(())
    }
}

/// What a row of the resident list means as a grant.
fn terms(person: &Person, now: UnixSeconds) -> GrantTerms {
    let validity = Validity {
        not_before: shortly_before(now),
        not_after: person.until,
        schedule: person.schedule.clone(),
    };
    let roles = if person.may_share { Roles::UNLOCK.and(Roles::MAY_SHARE) } else { Roles::UNLOCK };
    GrantTerms { validity, lease_end: now.plus(LEASE_SECONDS), roles, min_list_version: ListVersion(0) }
}

/// What a tap came to, in words.
fn describe(visit: &Visit) -> String {
    match visit.outcome() {
        Ok(opened) => format!("open, relocks after {} s", opened.relock_seconds),
        Err(error) => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
