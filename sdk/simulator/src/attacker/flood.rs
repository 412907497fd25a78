//! Many raw centrals at once, which take a door's slots and its time.

use core::time::Duration;

use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::keys::PhoneKeys;
use thumbturn_protocol::operation::{Operation, OperationKind};

use super::RawCentral;
use crate::probe::Probe;
use crate::radio::place::Place;
use crate::random::SeededRandom;
use crate::station::DoorIndex;
use crate::world::{Task, World};

/// What every attacker of a flood does, over and over, on connection after connection.
#[derive(Clone, Debug)]
pub enum FloodKind {
    /// Connects and says nothing, until the door ends the connection.
    Connect,
    /// Subscribes and says nothing.
    Subscribe,
    /// Subscribes and sends a message of one byte each second that never ends.
    Dribble,
    /// Sends full requests with the tag key of this credential, whose grant is for another phone: each passes the gate and
    /// costs the door public-key operations.
    Handshakes(Box<Credential>),
}

/// A running flood. Dropping it stops it.
#[derive(Debug)]
pub struct Flood {
    tasks: Vec<Task<()>>,
}

/// Between two connections of one attacker.
const BREATH: Duration = Duration::from_millis(20);
/// How long an attacker waits for its connection to be ended.
const STAY: Duration = Duration::from_secs(60);
/// A first frame of a full request, and a later frame, of one byte each.
const FIRST_BYTE: [u8; 2] = [0x83, 0];

impl Flood {
    /// Lets `attackers` loose on a door, from a few metres away.
    #[must_use]
    pub fn start(world: &World, door: DoorIndex, attackers: u32, kind: &FloodKind) -> Self {
        let place = world.door_place(door);
        let mut tasks = Vec::new();
        for number in 0..attackers {
            let central = RawCentral::new(world, Place { x: place.x.saturating_add(300), ..place });
            let random = SeededRandom::new(world.seed().wrapping_add(u64::from(number)));
            tasks.push(world.spawn(attack(central, door, kind.clone(), random)));
        }
        Self { tasks }
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn attack(central: RawCentral, door: DoorIndex, kind: FloodKind, mut random: SeededRandom) {
    let world = central.phone().world().clone();
    let Ok(keys) = PhoneKeys::generate(&mut random) else { return };
    loop {
        // Whatever fails, the next connection begins anew.
        match &kind {
            FloodKind::Connect => {
                if let Ok(connection) = central.connect(door).await {
                    connection.ends_within(STAY).await;
                }
            }
            FloodKind::Subscribe => {
                if let Ok((connection, _)) = central.listen(door).await {
                    connection.ends_within(STAY).await;
                }
            }
            FloodKind::Dribble => dribble(&central, door).await,
            FloodKind::Handshakes(credential) => {
                let _ = handshakes(&central, door, &keys, credential, &mut random).await;
            }
        }
        world.pause(BREATH).await;
    }
}

async fn dribble(central: &RawCentral, door: DoorIndex) {
    let Ok((connection, _)) = central.listen(door).await else { return };
    let mut index: u8 = 0;
    let mut frame = FIRST_BYTE;
    while connection.write(&frame).await.is_ok() && !connection.ends_within(Duration::from_secs(1)).await {
        index = index.wrapping_add(1) & 0x3f;
        frame = [index, 0];
    }
}

async fn handshakes(
    central: &RawCentral,
    door: DoorIndex,
    keys: &PhoneKeys,
    credential: &Credential,
    random: &mut SeededRandom,
) -> Result<(), crate::probe::ProbeError> {
    let mut probe = Probe::open(central, door).await?;
    loop {
        let mut id = [0; 8];
        random.bytes(&mut id);
        let operation = Operation { kind: OperationKind::Unlock, id: OperationId(id), attempt: 1 };
        let _ = probe.full(keys, credential, operation, random).await;
        probe.renew_hello().await?;
    }
}
