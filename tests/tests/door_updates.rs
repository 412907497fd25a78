//! Updates at a door: carried by any phone, applied whole or not at all, in force at once (spec §10, invariants I2, I3, I5).

use thumbturn_protocol::answer::{Outcome, short_version};
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::ids::{HolderId, Serial};
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_protocol::update::row::{Row, RowKey};
use thumbturn_simulator::authority::{DoorList, GrantTerms};
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::courier::{Courier, applied};
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::{Property, at};

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };

/// A property with the books of its door's list, and a neighbour who carries.
struct Stage {
    property: Property,
    list: DoorList,
    neighbour: ManualPhone,
    seconds: i64,
}

impl Stage {
    fn new(seed: u64) -> Self {
        let mut property = Property::new(seed);
        let neighbour = property.ticket_holder();
        let list = property.authority.list_of(&property.configuration).expect("a seeded source");
        Self { property, list, neighbour, seconds: 0 }
    }

    /// The same, with a list that a snapshot began.
    fn begun(seed: u64) -> Self {
        let mut stage = Self::new(seed);
        let snapshot = stage.snapshot();
        stage.carries(&snapshot);
        stage
    }

    fn snapshot(&mut self) -> Parcel {
        self.property.authority.snapshot(&mut self.list, at(self.seconds)).expect("a sensible list")
    }

    /// From the version before to what is wanted now.
    fn delta(&mut self) -> Parcel {
        let from = self.list.version();
        self.property.authority.delta(&mut self.list, from, at(self.seconds)).expect("a sensible list")
    }

    /// A neighbour's unlock brings it, and the door applies it.
    fn carries(&mut self, parcel: &Parcel) {
        let door = &mut self.property.door;
        let mut session = Conversation::begin(&mut self.neighbour, door);
        let progress = Courier::new(parcel).deliver(&mut session, door);
        assert_eq!(progress, applied(self.list.version()));
        door.disconnect(session.connection);
        self.pass_a_minute();
        self.assert_same_list();
    }

    fn pass_a_minute(&mut self) {
        self.property.door.pass(60_000);
        self.seconds += 60;
    }

    /// I2: the door's list is the authority's.
    fn assert_same_list(&mut self) {
        let digest = *self.list.digest().expect("sensible settings").as_bytes();
        let store = self.property.door.engine().storage_mut().list_store();
        assert_eq!((store.version(), store.digest()), (self.list.version(), Some(digest)));
        assert_eq!(usize::try_from(store.rows()), Ok(self.list.rows().count()));
    }

    fn deny(&mut self, subject: DenySubject) {
        let void_before = Serial(self.property.authority.last_serial().0 + 1);
        self.list.set(Row::Deny(DenyEntry { subject, void_before }));
    }
}

fn stranger(number: u8) -> DenySubject {
    DenySubject::Holder(HolderId([number; 8]))
}

#[test]
fn a_snapshot_and_then_deltas_bring_the_door_where_the_authority_is() {
    let mut stage = Stage::begun(1);
    for number in 0..5 {
        stage.deny(stranger(number));
        if number > 1 {
            stage.list.remove(&RowKey::deny(&stranger(number - 2)));
        }
        let delta = stage.delta();
        stage.carries(&delta);
    }
    assert_eq!(stage.list.rows().count(), 2);
}

#[test]
fn a_deny_row_cuts_ticket_and_grant_and_nobody_else() {
    let mut stage = Stage::begun(2);
    let mut resident = stage.property.ticket_holder();
    stage.deny(DenySubject::Holder(resident.grant().holder));
    let delta = stage.delta();
    stage.carries(&delta);
    let door = &mut stage.property.door;
    assert_eq!(resident.unlock_fast(door), Outcome::Denied);
    assert_eq!(resident.unlock_full(door), Outcome::Denied);
    assert_eq!(stage.neighbour.unlock_fast(door), ACCEPTED);
    stage.property.grant_again(&mut resident, &GrantTerms::resident(at(-60)));
    assert_eq!(resident.unlock_full(&mut stage.property.door), ACCEPTED, "a newer serial");
}

#[test]
fn the_list_is_in_force_after_a_power_cut() {
    let mut stage = Stage::begun(3);
    let mut resident = stage.property.ticket_holder();
    stage.deny(DenySubject::Phone(resident.id()));
    stage.list.change_settings(|settings| settings.relock_seconds = 9);
    let delta = stage.delta();
    stage.carries(&delta);
    stage.property.door = stage.property.door.reboot();
    stage.assert_same_list();
    assert_eq!(resident.unlock_full(&mut stage.property.door), Outcome::Denied);
    let accepted = Outcome::Accepted { relock_seconds: 9 };
    assert_eq!(stage.neighbour.unlock_full(&mut stage.property.door), accepted);
}

#[test]
fn a_door_below_what_a_grant_needs_takes_the_update_in_the_same_session_and_then_opens() {
    let mut stage = Stage::begun(4);
    let mut previous = stage.property.ticket_holder();
    stage.deny(DenySubject::Holder(previous.grant().holder));
    let delta = stage.delta();
    let terms = GrantTerms { min_list_version: stage.list.version(), ..GrantTerms::resident(at(-60)) };
    let mut successor = stage.property.phone(&terms);
    let door = &mut stage.property.door;
    let moves = door.bolt_moves().len();
    let mut session = Conversation::begin(&mut successor, door);
    assert_eq!(session.answer.outcome, Outcome::UpdateRequired);
    assert_eq!(Courier::new(&delta).deliver(&mut session, door), applied(stage.list.version()));
    assert_eq!(door.bolt_moves().len(), moves, "a transfer opens nothing");
    let again = session.unlock_again(&mut successor, door);
    assert_eq!(again, ACCEPTED);
    door.pass(60_000);
    assert_eq!(previous.unlock_fast(door), Outcome::Denied);
    assert_eq!(previous.unlock_full(door), Outcome::Denied);
    stage.assert_same_list();
}

#[test]
fn the_answer_tells_the_version_of_the_list() {
    let mut stage = Stage::begun(5);
    let session = Conversation::begin(&mut stage.neighbour, &mut stage.property.door);
    assert_eq!(session.answer.list_version, short_version(stage.list.version()));
}
