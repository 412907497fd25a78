//! The delivery against a door that follows the specification, over a link that loses what it is told to lose.

mod generations;
mod hostile;
mod network;
mod order;
mod transfers;

use std::sync::Arc;

use thumbturn_protocol::frame::AttMtu;
use thumbturn_protocol::record::Record;
use thumbturn_protocol::time::Millis;

use super::{Capacity, CourierSession, CourierStep, End, Occasion};
use crate::courier::CourierEvent;
use crate::courier::scene::{Scene, ScriptedDoor};

/// What became of a session.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) end: End,
    pub(super) events: Vec<CourierEvent>,
    /// Bytes of pieces that were sent.
    pub(super) piece_bytes: usize,
    pub(super) records: usize,
    pub(super) took: u64,
}

/// Whether a record arrives. Counted from 0 in each direction.
pub(super) trait Air {
    fn reaches_door(&mut self, number: usize, record: &Record) -> bool;
    fn reaches_phone(&mut self, number: usize, record: &Record) -> bool;
}

/// Nothing is lost.
pub(super) struct Clear;

impl Air for Clear {
    fn reaches_door(&mut self, _: usize, _: &Record) -> bool {
        true
    }
    fn reaches_phone(&mut self, _: usize, _: &Record) -> bool {
        true
    }
}

pub(super) const MTU: u16 = 247;

pub(super) fn session(scene: &Scene, door: &ScriptedDoor, occasion: Occasion) -> CourierSession {
    CourierSession::new(scene.inbox.cargo(door.origin.door).unwrap(), occasion, Millis(1_000))
}

/// Leads a session to its end: each record arrives at once or never, and time passes only while nobody has anything to say.
pub(super) fn deliver(
    scene: &mut Scene,
    door: &mut ScriptedDoor,
    occasion: Occasion,
    air: &mut impl Air,
) -> Delivery {
    let mut session = session(scene, door, occasion);
    door.begin_session();
    run(&mut session, scene, door, air)
}

pub(super) fn run(
    session: &mut CourierSession,
    scene: &mut Scene,
    door: &mut ScriptedDoor,
    air: &mut impl Air,
) -> Delivery {
    let mtu = AttMtu::new(MTU).unwrap();
    let (mut now, begun) = (Millis(1_000), 1_000);
    let mut delivery = Delivery { end: End::Silent, events: Vec::new(), piece_bytes: 0, records: 0, took: 0 };
    let mut said = 0;
    let inbox = Arc::clone(&scene.inbox);
    for _ in 0..200_000 {
        match session.poll(mtu, Capacity::Free, now) {
            CourierStep::Send(record) => {
                if let Record::Piece { bytes, .. } = &record {
                    delivery.piece_bytes += bytes.len();
                }
                if air.reaches_door(delivery.records, &record) {
                    door.receive(record);
                }
                delivery.records += 1;
            }
            CourierStep::Keep(collected) => {
                let kept = inbox.keep(collected, &mut scene.phone.random).unwrap_or(false);
                session.kept(kept, now);
            }
            CourierStep::FetchTime { .. } => panic!("there is no network"),
            CourierStep::Report(event) => delivery.events.push(event),
            CourierStep::Wait { until } => {
                let Some(record) = door.says.pop_front() else {
                    assert!(until > now, "a wait that is over");
                    now = until;
                    continue;
                };
                if air.reaches_phone(said, &record) {
                    session.receive(record, now);
                }
                said += 1;
            }
            CourierStep::Done(end) => {
                delivery.end = end;
                delivery.took = now.0 - begun;
                return delivery;
            }
        }
    }
    panic!("a session without end");
}
