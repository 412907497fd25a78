//! A phone in the wrong hands: it speaks to doors without the phone core, and says whatever it likes.

mod flood;
mod recording;

use core::pin::pin;
use core::time::Duration;
use std::sync::Arc;

use futures_util::future::{Either, select};
use thumbturn_phone::link::{ConnectionEvent, ConnectionId, Link, LinkError, WriteKind};
use thumbturn_phone::queue::EventQueue;

pub use self::flood::{Flood, FloodKind};
pub use self::recording::Recording;
use crate::phone::SimulatedPhone;
use crate::profile::PhoneProfile;
use crate::radio::place::Place;
use crate::station::DoorIndex;
use crate::world::World;

/// Notifications that an attacker's phone keeps.
const EVENTS: usize = 1_024;

/// A raw BLE central. Clones are handles to the same one.
#[derive(Clone, Debug)]
pub struct RawCentral {
    phone: SimulatedPhone,
}

/// A connection of a raw central.
pub struct RawConnection {
    world: World,
    link: Arc<dyn Link>,
    id: ConnectionId,
    events: Arc<EventQueue<ConnectionEvent>>,
}

impl RawCentral {
    /// An attacker at `place`, with the quickest radio there is.
    #[must_use]
    pub fn new(world: &World, place: Place) -> Self {
        Self { phone: world.add_phone("attacker", PhoneProfile::android(), place) }
    }

    /// Its phone.
    #[must_use]
    pub const fn phone(&self) -> &SimulatedPhone {
        &self.phone
    }

    /// Connects to a door at the address that it advertises, waiting two seconds for it if it is just being switched on.
    ///
    /// # Errors
    ///
    /// [`LinkError::ConnectFailed`] when the door is off, full, or changes its address meanwhile.
    pub async fn connect(&self, door: DoorIndex) -> Result<RawConnection, LinkError> {
        let world = self.phone.world().clone();
        let mut patience = 40_u32;
        let peer = loop {
            match world.address(door) {
                Some(peer) => break peer,
                None if patience == 0 => return Err(LinkError::ConnectFailed { code: 0 }),
                None => world.pause(Duration::from_millis(50)).await,
            }
            patience = patience.saturating_sub(1);
        };
        let events = Arc::new(EventQueue::new(EVENTS));
        let link = self.phone.link();
        let id = link.connect(&peer, Arc::clone(&events)).await?;
        Ok(RawConnection { world, link, id, events })
    }

    /// Connects and subscribes; gives the connection and the door's first notification.
    ///
    /// # Errors
    ///
    /// As [`RawCentral::connect`], and [`LinkError::NotConnected`] when the door says nothing for two seconds.
    pub async fn listen(&self, door: DoorIndex) -> Result<(RawConnection, Vec<u8>), LinkError> {
        let connection = self.connect(door).await?;
        connection.subscribe().await?;
        let hello = connection.notification(Duration::from_secs(2)).await;
        hello.map(|hello| (connection, hello)).ok_or(LinkError::NotConnected)
    }
}

impl RawConnection {
    /// Its number.
    #[must_use]
    pub const fn id(&self) -> ConnectionId {
        self.id
    }

    /// Subscribes to `tx`.
    ///
    /// # Errors
    ///
    /// [`LinkError::NotConnected`].
    pub async fn subscribe(&self) -> Result<(), LinkError> {
        self.link.subscribe(self.id).await
    }

    /// Asks for a larger MTU; gives the one in force.
    ///
    /// # Errors
    ///
    /// [`LinkError::NotConnected`].
    pub async fn request_mtu(&self) -> Result<u16, LinkError> {
        self.link.request_mtu(self.id).await
    }

    /// Writes any bytes as one frame, and waits for the door's stack to have them.
    ///
    /// # Errors
    ///
    /// [`LinkError::NotConnected`]; [`LinkError::Platform`] for more bytes than the MTU carries.
    pub async fn write(&self, frame: &[u8]) -> Result<(), LinkError> {
        self.link.write(self.id, frame.to_vec(), WriteKind::WithResponse).await
    }

    /// The next notification; `None` when none comes for `patience`, or the connection ends.
    pub async fn notification(&self, patience: Duration) -> Option<Vec<u8>> {
        let mut end = pin!(self.world.pause(patience));
        loop {
            match select(pin!(self.events.pop()), end.as_mut()).await {
                Either::Left((ConnectionEvent::Notified(frame), _)) => return Some(frame),
                Either::Left((ConnectionEvent::Disconnected(_), _)) | Either::Right(_) => return None,
                Either::Left(_) => {}
            }
        }
    }

    /// Waits until the connection ends. `false`: it did not within `patience`.
    pub async fn ends_within(&self, patience: Duration) -> bool {
        let mut end = pin!(self.world.pause(patience));
        loop {
            match select(pin!(self.events.pop()), end.as_mut()).await {
                Either::Left((ConnectionEvent::Disconnected(_), _)) => return true,
                Either::Left(_) => {}
                Either::Right(_) => return false,
            }
        }
    }

    /// Ends the connection.
    pub async fn disconnect(&self) {
        self.link.disconnect(self.id).await;
    }
}

impl core::fmt::Debug for RawConnection {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("RawConnection").field("id", &self.id).finish_non_exhaustive()
    }
}
