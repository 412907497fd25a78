//! Ends of connections.

use core::mem::replace;

use thumbturn_phone::link::{ConnectionEvent, ConnectionId, DisconnectReason, LinkError};

use super::Air;
use crate::connection::{Asker, Connection, Phase, Side};
use crate::peripheral::PeripheralEvent;
use crate::station::DoorIndex;
use crate::trace::Happening;

/// Android's name for a connection that failed while it was set up.
pub(super) const GATT_ERROR: i32 = 133;

impl Air {
    /// Connections that take a slot of this door.
    pub(super) fn open_connections(&self, door: DoorIndex) -> usize {
        self.connections.values().filter(|connection| connection.door == door && connection.door_open).count()
    }

    /// The side that wanted the end has told the other.
    pub(super) fn close_terminated(&mut self, id: ConnectionId) {
        let phone_asked =
            self.connections.get(&id).is_some_and(|connection| connection.terminating == Some(Side::Phone));
        let reason = if phone_asked { DisconnectReason::Local } else { DisconnectReason::Remote };
        self.close_phone_side(id, reason);
        self.close_door_side(id);
    }

    /// Nothing was heard for the supervision timeout.
    pub(super) fn close_lost(&mut self, id: ConnectionId) {
        let phone_asked =
            self.connections.get(&id).is_some_and(|connection| connection.terminating == Some(Side::Phone));
        let reason = if phone_asked { DisconnectReason::Local } else { DisconnectReason::LinkLoss };
        self.close_phone_side(id, reason);
        self.close_door_side(id);
    }

    pub(super) fn close_phone_side(&mut self, id: ConnectionId, reason: DisconnectReason) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if !replace(&mut connection.phone_open, false) {
            return;
        }
        let phone = connection.phone;
        let askers: Vec<Asker> = connection
            .under_way
            .take()
            .into_iter()
            .chain(connection.waiting.drain(..).map(|request| request.asker))
            .collect();
        let establishing = match replace(&mut connection.phase, Phase::Open) {
            Phase::Establishing(reply) => Some(reply),
            Phase::Open => None,
        };
        for asker in askers {
            match asker {
                Asker::Discovery | Asker::Mtu(None) => {}
                Asker::Mtu(Some(reply)) => {
                    self.call_phone(phone, move || reply.give(Err(LinkError::NotConnected)))
                }
                Asker::Done(reply) => {
                    self.call_phone(phone, move || reply.give(Err(LinkError::NotConnected)))
                }
            }
        }
        if let Some(reply) = establishing {
            let failed = LinkError::ConnectFailed { code: GATT_ERROR };
            if reason != DisconnectReason::Local {
                self.record(Happening::ConnectFailed { phone, code: GATT_ERROR });
            }
            self.call_phone(phone, move || reply.give(Err(failed)));
        } else {
            self.tell_phone(id, ConnectionEvent::Disconnected(reason));
        }
        self.record(Happening::PhoneDisconnected { connection: id, reason });
        self.forget_closed(id);
    }

    pub(super) fn close_door_side(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        if !replace(&mut connection.door_open, false) {
            return;
        }
        let (door, established) = (connection.door, connection.established);
        if established {
            self.record(Happening::DoorDisconnected(id));
            self.tell_door(door, PeripheralEvent::Disconnected(id));
        }
        self.forget_closed(id);
        self.listen();
    }

    fn forget_closed(&mut self, id: ConnectionId) {
        if self.connections.get(&id).is_some_and(|connection| !connection.phone_open && !connection.door_open)
        {
            self.connections.remove(&id);
        }
    }

    /// One side is gone without a word: the other side finds out by the supervision timeout.
    pub(super) fn go_silent(&mut self, which: impl Fn(&Connection) -> bool) -> Vec<ConnectionId> {
        let mut silent = Vec::new();
        for (id, connection) in self.connections.iter_mut().filter(|(_, connection)| which(connection)) {
            connection.dead = true;
            silent.push(*id);
        }
        silent
    }
}
