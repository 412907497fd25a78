//! A door on the bench, the authority's books of its list, and a neighbour who carries parcels.

use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::ids::{HolderId, Serial};
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_protocol::update::row::Row;
use thumbturn_simulator::authority::DoorList;

use crate::conversation::Conversation;
use crate::courier::{Courier, applied};
use crate::manual_phone::ManualPhone;
use crate::property::{Property, at};

/// A property with the books of its door's list, and a neighbour who carries.
pub struct ListStage {
    /// The property and its door.
    pub property: Property,
    /// The list in the authority's books.
    pub list: DoorList,
    /// Carries parcels.
    pub neighbour: ManualPhone,
    /// What honest clocks show, after the claim.
    pub seconds: i64,
}

impl ListStage {
    /// A door whose list is that of its claim.
    ///
    /// # Panics
    ///
    /// Never: a seeded source does not fail.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut property = Property::new(seed);
        let neighbour = property.ticket_holder();
        let list = property.authority.list_of(&property.configuration).expect("a seeded source");
        Self { property, list, neighbour, seconds: 0 }
    }

    /// The same, with a list that a snapshot began.
    #[must_use]
    pub fn begun(seed: u64) -> Self {
        let mut stage = Self::new(seed);
        let snapshot = stage.snapshot();
        stage.carries(&snapshot);
        stage
    }

    /// A parcel with the whole list.
    ///
    /// # Panics
    ///
    /// For a list that no door would take.
    pub fn snapshot(&mut self) -> Parcel {
        self.property.authority.snapshot(&mut self.list, at(self.seconds)).expect("a sensible list")
    }

    /// From the version before to what is wanted now.
    ///
    /// # Panics
    ///
    /// For a list that no door would take.
    pub fn delta(&mut self) -> Parcel {
        let from = self.list.version();
        self.property.authority.delta(&mut self.list, from, at(self.seconds)).expect("a sensible list")
    }

    /// A neighbour's unlock brings it, and the door applies it.
    ///
    /// # Panics
    ///
    /// When the door does not take it.
    pub fn carries(&mut self, parcel: &Parcel) {
        let door = &mut self.property.door;
        let mut session = Conversation::begin(&mut self.neighbour, door);
        let progress = Courier::new(parcel).deliver(&mut session, door);
        assert_eq!(progress, applied(self.list.version()));
        door.disconnect(session.connection);
        self.pass_a_minute();
        self.assert_same_list();
    }

    /// Everybody's clock goes on.
    pub fn pass_a_minute(&mut self) {
        self.property.door.pass(60_000);
        self.seconds += 60;
    }

    /// I2: the door's list is the authority's.
    ///
    /// # Panics
    ///
    /// When it is another.
    pub fn assert_same_list(&mut self) {
        let digest = *self.list.digest().expect("sensible settings").as_bytes();
        let store = self.property.door.engine().storage_mut().list_store();
        assert_eq!((store.version(), store.digest()), (self.list.version(), Some(digest)));
        assert_eq!(usize::try_from(store.rows()), Ok(self.list.rows().count()));
    }

    /// Denies what somebody was granted so far.
    pub fn deny(&mut self, subject: DenySubject) {
        let void_before = Serial(self.property.authority.last_serial().0 + 1);
        self.list.set(Row::Deny(DenyEntry { subject, void_before }));
    }

    /// A stage whose next parcel is a snapshot of three chunks, and the snapshot.
    ///
    /// # Panics
    ///
    /// Never: the list fits.
    #[must_use]
    pub fn with_long_snapshot(seed: u64) -> (Self, Parcel) {
        let mut stage = Self::begun(seed);
        for number in 0..140 {
            stage.deny(stranger(number));
        }
        let snapshot = stage.snapshot();
        assert_eq!(snapshot.size().chunks(), 3);
        (stage, snapshot)
    }
}

/// A holder whom nobody knows.
#[must_use]
pub const fn stranger(number: u8) -> DenySubject {
    DenySubject::Holder(HolderId([number; 8]))
}
