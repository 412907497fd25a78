//! A property with one door on the bench: the real engine without a radio, for tests of foreign radios.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thumbturn_lock::input::{ConnectionId, Input};
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::frame::AttMtu;
use thumbturn_protocol::ids::{HolderId, PhoneId, Serial};
use thumbturn_protocol::update::row::Row;
use thumbturn_simulator::authority::{AuthorityError, GrantTerms};
use thumbturn_tests::property::{Property, at};

use crate::vault::{TrustAnchor, WalletError, sized};

/// A property with one claimed door. The test moves its frames and its clock.
#[derive(uniffi::Object)]
pub struct TestProperty(Mutex<Property>);

#[uniffi::export]
impl TestProperty {
    /// A property whose keys come from a seed.
    #[uniffi::constructor]
    pub fn new(seed: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Property::new(seed))))
    }

    /// What a phone must know to trust it.
    pub fn trust_anchor(&self) -> TrustAnchor {
        let anchor = self.lock().authority.trust_anchor();
        TrustAnchor {
            property: anchor.property.0.to_vec(),
            generation: anchor.generation.0,
            root_key: anchor.root_key.0.to_vec(),
            signing_key: anchor.signing_key.0.to_vec(),
        }
    }

    /// The door, 8 bytes.
    pub fn door(&self) -> Vec<u8> {
        self.lock().configuration.door.0.to_vec()
    }

    /// Grants a phone (16 bytes) the door: unlock and share, at any hour.
    pub fn grant(&self, phone: Vec<u8>) -> Result<Vec<u8>, WalletError> {
        let phone = PhoneId(sized(phone)?);
        let property = &mut *self.lock();
        let refused = |error: &dyn core::fmt::Display| WalletError::Refused { reason: error.to_string() };
        let holder = property.authority.new_holder().map_err(|error| refused(&error))?;
        let (door, terms) = (property.configuration.door, GrantTerms::resident(at(-60)));
        let credential =
            property.authority.issue(door, phone, holder, &terms, at(0)).map_err(|error| refused(&error))?;
        credential.to_bytes().map_err(|error| refused(&error))
    }

    /// The door changes hands: a grant for a phone (16 bytes) that waits for the door's update, and that update with so many rows.
    pub fn hand_over(&self, phone: Vec<u8>, rows: u32) -> Result<TestHandOver, WalletError> {
        let phone = PhoneId(sized(phone)?);
        let property = &mut *self.lock();
        property.hand_over(phone, rows).map_err(|error| WalletError::Refused { reason: error.to_string() })
    }

    /// The service data that the door advertises.
    pub fn service_data(&self) -> Vec<u8> {
        let broadcast = self.lock().door.broadcast;
        broadcast.map(|broadcast| broadcast.service_data.as_bytes().to_vec()).unwrap_or_default()
    }

    /// Lets the door's time pass.
    pub fn pass_time(&self, milliseconds: u64) {
        self.lock().door.pass(milliseconds);
    }

    /// A phone connects. Gives the door's number for the connection.
    pub fn connect(&self, mtu: u16) -> u32 {
        let door = &mut self.lock().door;
        let id = door.connect_only();
        door.handle(Input::MtuChanged(id, AttMtu::clamped(mtu)));
        id.0
    }

    /// The phone's ATT MTU changed.
    pub fn set_mtu(&self, connection: u32, mtu: u16) {
        self.lock().door.handle(Input::MtuChanged(ConnectionId(connection), AttMtu::clamped(mtu)));
    }

    /// The phone subscribes to `tx`.
    pub fn subscribe(&self, connection: u32) {
        self.lock().door.handle(Input::Subscribed(ConnectionId(connection)));
    }

    /// The phone writes a frame to `rx`.
    pub fn write(&self, connection: u32, frame: Vec<u8>) {
        self.lock().door.write(ConnectionId(connection), &frame);
    }

    /// The frames that the door has notified on a connection.
    pub fn take_notifications(&self, connection: u32) -> Vec<Vec<u8>> {
        self.lock().door.take_frames(ConnectionId(connection))
    }

    /// Whether the door has ended a connection.
    pub fn has_ended(&self, connection: u32) -> bool {
        self.lock().door.has_ended(ConnectionId(connection))
    }

    /// The phone is gone.
    pub fn disconnect(&self, connection: u32) {
        self.lock().door.disconnect(ConnectionId(connection));
    }

    /// How often the bolt has moved.
    pub fn bolt_moves(&self) -> u64 {
        u64::try_from(self.lock().door.bolt_moves().len()).unwrap_or(u64::MAX)
    }
}

/// What a new tenant's phone gets.
#[derive(uniffi::Record)]
pub struct TestHandOver {
    /// The credential.
    pub credential: Vec<u8>,
    /// The update that it waits for.
    pub parcel: Vec<u8>,
}

/// Signs what a hand-over takes.
trait HandOver {
    fn hand_over(&mut self, phone: PhoneId, rows: u32) -> Result<TestHandOver, AuthorityError>;
}

impl HandOver for Property {
    fn hand_over(&mut self, phone: PhoneId, rows: u32) -> Result<TestHandOver, AuthorityError> {
        let mut list = self.authority.list_of(&self.configuration)?;
        for number in 0..rows {
            let mut holder = [0; 8];
            holder[..4].copy_from_slice(&number.to_be_bytes());
            let subject = DenySubject::Holder(HolderId(holder));
            list.set(Row::Deny(DenyEntry { subject, void_before: Serial(1) }));
        }
        let parcel = self.authority.snapshot(&mut list, at(0))?.to_bytes();
        let holder = self.authority.new_holder()?;
        let terms = GrantTerms { min_list_version: list.version(), ..GrantTerms::resident(at(-60)) };
        let door = self.configuration.door;
        let credential = self.authority.issue(door, phone, holder, &terms, at(0))?.to_bytes()?;
        Ok(TestHandOver { credential, parcel })
    }
}

impl TestProperty {
    fn lock(&self) -> MutexGuard<'_, Property> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
