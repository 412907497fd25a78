//! The door's CPU: one event after the other, each at the price its software names.

use core::time::Duration;

use thumbturn_phone::link::ConnectionId;

use super::{Air, Event};
use crate::connection::{Pdu, Side};
use crate::peripheral::{Charge, PeripheralAction, PeripheralEvent};
use crate::radio::link_layer::ATT_HEADER;
use crate::station::DoorIndex;
use crate::trace::{Fate, Happening, Packet, PacketKind};

/// What the least call costs, so that a door that never rests cannot stop time.
const LEAST_CALL: Duration = Duration::from_micros(20);
/// Notifications that the door's Bluetooth stack keeps for one connection; a further one vanishes.
const NOTIFICATION_QUEUE: usize = 8;

impl Air {
    pub(super) fn tell_door(&mut self, door: DoorIndex, event: PeripheralEvent) {
        let Some(station) = self.doors.get_mut(&door) else { return };
        if station.powered {
            station.inbox.push_back(event);
            let (at, life) = (self.now.max(station.busy_until), station.life);
            self.put(at, Event::DoorStep(door, life));
        }
    }

    /// Something happened to the door's body: its software is polled as soon as it can be.
    pub(crate) fn nudge(&mut self, door: DoorIndex) {
        let now = self.now;
        if let Some(station) = self.doors.get_mut(&door).filter(|station| station.powered) {
            station.wake_at = Some(now);
            let (at, life) = (station.busy_until.max(now), station.life);
            self.put(at, Event::DoorStep(door, life));
        }
    }

    /// One call of the door's software, if it is not busy and there is something to do.
    pub(super) fn door_step(&mut self, door: DoorIndex, life: u32) {
        let now = self.now;
        let Some(station) = self.doors.get_mut(&door) else { return };
        if station.life != life || !station.powered || now < station.busy_until {
            return;
        }
        let Some((action, charge)) = station.call(now) else { return };
        station.meter.longest_call = station.meter.longest_call.max(charge.busy);
        if self.charge_door(door, charge) {
            self.after_call(door, life, action);
        }
    }

    /// What a call leads to, once the CPU is free again.
    fn after_call(&mut self, door: DoorIndex, life: u32, action: Option<PeripheralAction>) {
        let Some(station) = self.doors.get_mut(&door) else { return };
        let done = station.busy_until;
        match action {
            Some(PeripheralAction::Idle { until }) => {
                station.must_poll = false;
                let deadline = until.map(|until| station.moment(until).max(done));
                let waiting = !station.inbox.is_empty();
                station.wake_at = deadline;
                if let Some(deadline) = deadline {
                    self.put(deadline, Event::DoorStep(door, life));
                }
                if waiting {
                    self.put(done, Event::DoorStep(door, life));
                }
            }
            Some(PeripheralAction::Worked) => {
                // What arrived meanwhile comes first; without it the step polls again.
                station.must_poll = false;
                station.wake_at = Some(done);
                self.put(done, Event::DoorStep(door, life));
            }
            Some(action) => {
                self.put(done, Event::DoorAction(door, life, action));
                self.put(done, Event::DoorStep(door, life));
            }
            None => self.put(done, Event::DoorStep(door, life)),
        }
    }

    /// Makes the CPU busy. `false`: the power failed.
    fn charge_door(&mut self, door: DoorIndex, charge: Charge) -> bool {
        let now = self.now;
        let Some(station) = self.doors.get_mut(&door) else { return false };
        let busy = charge.busy.max(LEAST_CALL);
        station.busy_until = now.plus(busy);
        station.meter.busy = station.meter.busy.saturating_add(busy);
        let (notes, life, boot) = (station.peripheral.take_notes(), station.life, station.settings.boot_time);
        let done = now.plus(busy);
        for note in notes {
            self.put(done, Event::DoorNote(door, note));
        }
        if charge.power_lost {
            self.power_off(door, life);
            let reboot = Event::PowerOn(door, life.saturating_add(1));
            self.put(now.plus(boot), reboot);
        }
        !charge.power_lost
    }

    pub(super) fn door_action(&mut self, door: DoorIndex, life: u32, action: PeripheralAction) {
        if !self.doors.get(&door).is_some_and(|station| station.powered && station.life == life) {
            return;
        }
        match action {
            PeripheralAction::Notify { connection, value } => self.notify(connection, value),
            PeripheralAction::Disconnect(id) => {
                if let Some(connection) = self.connections.get_mut(&id) {
                    connection.terminating.get_or_insert(Side::Door);
                }
            }
            PeripheralAction::Advertise(advertisement) => self.set_advertisement(door, advertisement),
            PeripheralAction::Worked | PeripheralAction::Idle { .. } => {}
        }
    }

    fn notify(&mut self, id: ConnectionId, value: Vec<u8>) {
        let now = self.now;
        let Some(connection) = self.connections.get_mut(&id).filter(|connection| connection.door_open) else {
            return;
        };
        let fits = value.len() <= usize::from(connection.mtu.saturating_sub(ATT_HEADER));
        let queued = connection.to_phone.iter().filter(|pdu| pdu.kind == PacketKind::Notification).count();
        let pdu = Pdu::frame(PacketKind::Notification, value, now);
        if connection.subscribed && fits && queued < NOTIFICATION_QUEUE {
            connection.enqueue(pdu);
        } else {
            self.record(Happening::Packet(Packet::of(id, pdu, Fate::Dropped)));
        }
    }

    /// The power comes on, unless something else happened to the door's power meanwhile.
    pub(super) fn power_on(&mut self, door: DoorIndex, life: u32) {
        let now = self.now;
        let Some(station) = self.doors.get_mut(&door) else { return };
        if station.powered || station.life != life {
            return;
        }
        station.powered = true;
        station.booted_at = now;
        station.must_poll = true;
        self.record(Happening::PowerOn(door));
        let Some(station) = self.doors.get_mut(&door) else { return };
        let charge = station.peripheral.boot(now);
        station.meter.longest_boot = station.meter.longest_boot.max(charge.busy);
        if self.charge_door(door, charge)
            && let Some(station) = self.doors.get(&door)
        {
            let done = station.busy_until;
            self.put(done, Event::DoorStep(door, life));
        }
    }

    /// The power fails: everything but flash is lost, phones find out by the supervision timeout.
    pub(crate) fn power_off(&mut self, door: DoorIndex, life: u32) {
        let now = self.now;
        let Some(station) = self.doors.get_mut(&door) else { return };
        if !station.powered || station.life != life {
            return;
        }
        station.account_advertising(now);
        station.powered = false;
        station.life = life.saturating_add(1);
        station.inbox.clear();
        station.must_poll = false;
        station.wake_at = None;
        station.busy_until = now;
        station.advertisement = None;
        station.advertising_scheduled = false;
        station.peripheral.power_off();
        self.record(Happening::PowerOff(door));
        for id in self.go_silent(|connection| connection.door == door) {
            self.close_door_side(id);
        }
    }
}
