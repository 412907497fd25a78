//! The story itself: doors, people and taps in the virtual building, with the real office, the real engine, the real phone core and the
//! protocol between them.

mod attacks;
mod caretaker;
mod codes;
mod guests;
mod hand_over;
mod interrupted;
mod keycard;
mod logs;
mod opening;
mod revocation;
mod unlocks;
mod visits;

use core::time::Duration;

use thumbturn_manager::ids::AccountId;
use thumbturn_manager::office::model::Name;
use thumbturn_phone::wallet::WalletError;
use thumbturn_protocol::ids::HolderId;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::Zone;
use thumbturn_simulator::building::{Building, BuildingDoor, BuildingError, Resident, Visit};
use thumbturn_simulator::profile::PhoneProfile;
use thumbturn_simulator::zone_table::ZoneTableError;

use crate::building_file::Plan;
use crate::cast::{Cast, NobodyFor};
use crate::civil_time;
use crate::desk::{Desk, DeskError, Inventory};
use crate::person::Person;
use crate::step::{Counts, Step};

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
    Desk(#[from] DeskError),
    #[error(transparent)]
    Wallet(#[from] WalletError),
    #[error(transparent)]
    Zone(#[from] ZoneTableError),
    #[error(transparent)]
    Nobody(#[from] NobodyFor),
    /// Something came out otherwise than the story tells. With the files of the repository this is a defect.
    #[error("{step}: expected {expected}, and got {got}")]
    Unexpected { step: &'static str, expected: &'static str, got: String },
    #[error("nothing changes for {0} within two weeks: give other hours or another end")]
    NoSuchInstant(String),
    #[error("a part of the story is told before {0}")]
    TooEarly(&'static str),
}

/// The story as far as it is told.
pub(crate) struct Story {
    plan: Plan,
    zone: Zone,
    people: Vec<Person>,
    cast: Cast,
    building: Building,
    desk: Desk,
    inventory: Inventory,
    doors: Vec<BuildingDoor>,
    residents: Vec<Resident>,
    /// Who moved in.
    newcomer: Option<Newcomer>,
    /// Whom the resident let in by app.
    guest: Option<Resident>,
    steps: Vec<Step>,
}

/// Who moved in, and the account.
#[derive(Clone)]
struct Newcomer {
    resident: Resident,
    account: AccountId,
}

impl Story {
    /// The building.
    pub(crate) const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How many people the resident list has.
    pub(crate) fn people(&self) -> usize {
        self.people.len()
    }

    /// Tells the whole story. `told` is called with each step as it happens.
    pub(crate) fn tell(mut self, mut told: impl FnMut(&Step)) -> Result<Vec<Step>, StoryError> {
        let parts: [Part; 18] = [
            Self::commission,
            Self::issue,
            Self::first_unlock,
            Self::repeat_unlock,
            Self::replayed_recording,
            Self::share_with_guest,
            Self::guest_by_app,
            Self::wrong_door,
            Self::cancelled,
            Self::out_of_schedule,
            Self::expired,
            Self::hand_over,
            Self::keycard,
            Self::codes,
            Self::revocation,
            Self::three_phones,
            Self::power_cut,
            Self::logs_come_home,
        ];
        let mut count = 0;
        for part in parts {
            part(&mut self)?;
            for step in self.steps.iter().skip(count) {
                told(step);
            }
            count = self.steps.len();
        }
        Ok(self.steps)
    }

    /// A person of the cast, as the office knows him.
    fn person(&self, position: usize) -> Result<&Person, StoryError> {
        self.people.get(position).ok_or(StoryError::TooEarly("the import"))
    }

    /// The same with his phone.
    fn resident(&self, position: usize) -> Result<Resident, StoryError> {
        self.residents.get(position).cloned().ok_or(StoryError::TooEarly("phones are enrolled"))
    }

    /// Who moved in.
    fn newcomer(&self) -> Result<Newcomer, StoryError> {
        self.newcomer.clone().ok_or(StoryError::TooEarly("the hand-over"))
    }

    /// A door of the plan.
    fn door(&self, position: usize) -> Result<BuildingDoor, StoryError> {
        self.doors.get(position).cloned().ok_or(StoryError::TooEarly("doors are claimed"))
    }

    /// The position of the first door of a person of the cast.
    fn first_door(&self, person: usize) -> Result<usize, StoryError> {
        let doors = self.person(person)?.doors(&self.plan);
        doors.first().copied().ok_or(StoryError::TooEarly("the import"))
    }

    /// The first door of a person of the cast.
    fn door_of(&self, person: usize) -> Result<BuildingDoor, StoryError> {
        self.door(self.first_door(person)?)
    }

    /// Somebody whom the office knows has a phone, which fetches what is his.
    fn enrol(
        &mut self,
        name: &str,
        profile: PhoneProfile,
        (holder, account): (HolderId, AccountId),
    ) -> Result<Resident, StoryError> {
        let resident = self.building.add_person(name, profile, holder)?;
        self.desk.enrol(&resident, account)?;
        self.desk.sync(&resident)?;
        Ok(resident)
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

/// What a tap came to, in words.
fn describe(visit: &Visit) -> String {
    match visit.outcome() {
        Ok(opened) => format!("open, relocks after {} s", opened.relock_seconds),
        Err(error) => error.to_string(),
    }
}

/// A name that the story itself gives.
fn name(text: &str) -> Result<Name, StoryError> {
    Ok(Name::parse(text).map_err(thumbturn_manager::office::Error::from).map_err(DeskError::from)?)
}

#[cfg(test)]
mod tests;
