//! What a phone's platform is asked to do: the calls of the `Link` contract.

use core::time::Duration;
use std::collections::BTreeSet;
use std::sync::Arc;

use thumbturn_phone::link::{
    AdapterState, ConnectionEvent, ConnectionId, DisconnectReason, LinkError, PeerId, Priority, ScanEvent,
    WriteKind,
};
use thumbturn_phone::queue::EventQueue;

use super::closing::GATT_ERROR;
use super::connecting::SHORTEST_INTERVAL;
use super::{Air, Event};
use crate::clock::{Instant, micros};
use crate::connection::{Asker, Connection, Pdu, Phase, Side};
use crate::radio::link_layer::ATT_HEADER;
use crate::reply::{Awaited, Reply, reply};
use crate::station::PhoneIndex;
use crate::station::phone::{AttemptId, Initiation, Scan};
use crate::trace::{Happening, PacketKind};

const SCAN_QUOTA: Duration = Duration::from_secs(30);
/// How long Android takes to say that a connection failed.
const FAILURE_DELAY: Duration = Duration::from_millis(600);
/// A new connection interval begins at least so many events after it was asked for.
const UPDATE_EVENTS: u64 = 6;
const SUBSCRIBE_BYTES: u16 = ATT_HEADER + 2;
/// Bluetooth Core 5.4 Vol 3 Part F 3.2.9.
const LONGEST_VALUE: usize = 512;
/// The platform's code for a value that does not fit (Bluetooth Core: invalid attribute value length).
const INVALID_LENGTH: i32 = 0x0d;

impl Air {
    pub(crate) fn adapter(&self, phone: PhoneIndex) -> AdapterState {
        self.phones.get(&phone).map_or(AdapterState::Off, |phone| phone.adapter)
    }

    fn need_adapter(&self, phone: PhoneIndex) -> Result<(), LinkError> {
        match self.adapter(phone) {
            AdapterState::On => Ok(()),
            AdapterState::Unauthorized => Err(LinkError::Unauthorized),
            _ => Err(LinkError::BluetoothOff),
        }
    }

    pub(crate) fn start_scan(
        &mut self,
        phone: PhoneIndex,
        events: Arc<EventQueue<ScanEvent>>,
    ) -> Result<(), LinkError> {
        self.need_adapter(phone)?;
        let now = self.now;
        let Some(station) = self.phones.get_mut(&phone) else { return Err(LinkError::BluetoothOff) };
        while station.scan_starts.front().is_some_and(|start| now.since(*start) >= SCAN_QUOTA) {
            station.scan_starts.pop_front();
        }
        let quota = station.profile.scan_starts_per_30_s;
        let throttled = quota.is_some_and(|quota| station.scan_starts.len() >= quota);
        station.scan_starts.push_back(now);
        // The platform's own cycle runs on, so that a scan begins anywhere in it.
        let idle = micros(station.profile.scan_interval.saturating_sub(station.profile.scan_window));
        let phase = Duration::from_micros(self.random.below(idle.saturating_add(1)));
        let window = now.plus(station.profile.host_latency).plus(phase);
        station.scan = Some(Scan { events, window, heard: BTreeSet::new(), throttled });
        self.record(Happening::ScanStarted(phone));
        self.listen();
        Ok(())
    }

    pub(crate) fn stop_scan(&mut self, phone: PhoneIndex) {
        if let Some(station) = self.phones.get_mut(&phone) {
            station.scan = None;
        }
    }

    pub(crate) fn start_connect(
        &mut self,
        phone: PhoneIndex,
        peer: PeerId,
        events: Arc<EventQueue<ConnectionEvent>>,
    ) -> Result<(AttemptId, Awaited<Result<ConnectionId, LinkError>>), LinkError> {
        self.need_adapter(phone)?;
        self.attempts_made = self.attempts_made.saturating_add(1);
        let attempt = AttemptId(self.attempts_made);
        let chance = self.settings.connect_failure;
        let Some(station) = self.phones.get_mut(&phone) else { return Err(LinkError::BluetoothOff) };
        let (answer, awaited) = reply();
        let scripted = station.connect_failures.pop_front();
        let failure = scripted.or_else(|| self.random.chance(chance).then_some(GATT_ERROR));
        let timeout = station.profile.connect_timeout;
        // A connection that is going to fail asks for nobody.
        let peer = if failure.is_some() { PeerId(String::new()) } else { peer };
        station.initiations.insert(attempt, Initiation { peer, events, reply: answer });
        self.record(Happening::ConnectStarted(phone));
        match (failure, timeout) {
            (Some(code), _) => {
                self.put(self.now.plus(FAILURE_DELAY), Event::ConnectFails(phone, attempt, code));
            }
            (None, Some(timeout)) => {
                self.put(self.now.plus(timeout), Event::ConnectFails(phone, attempt, GATT_ERROR));
            }
            (None, None) => {}
        }
        self.listen();
        Ok((attempt, awaited))
    }

    /// The caller of `connect` is gone: whatever came of the attempt is undone.
    pub(crate) fn cancel_connect(&mut self, phone: PhoneIndex, attempt: AttemptId) {
        if let Some(station) = self.phones.get_mut(&phone) {
            station.initiations.remove(&attempt);
        }
        for connection in self.connections.values_mut() {
            if connection.phone == phone && connection.attempt == attempt {
                connection.terminating.get_or_insert(Side::Phone);
            }
        }
    }

    fn usable(&mut self, phone: PhoneIndex, id: ConnectionId) -> Result<&mut Connection, LinkError> {
        self.connections
            .get_mut(&id)
            .filter(|connection| connection.phone == phone && connection.phone_open)
            .filter(|connection| connection.terminating != Some(Side::Phone))
            .filter(|connection| matches!(connection.phase, Phase::Open))
            .ok_or(LinkError::NotConnected)
    }

    fn ready(&self, phone: PhoneIndex) -> Instant {
        let latency = self.phones.get(&phone).map_or(Duration::ZERO, |phone| phone.profile.host_latency);
        self.now.plus(latency)
    }

    pub(crate) fn subscribe(
        &mut self,
        phone: PhoneIndex,
        id: ConnectionId,
    ) -> Result<Awaited<Result<(), LinkError>>, LinkError> {
        let ready = self.ready(phone);
        let connection = self.usable(phone, id)?;
        let (answer, awaited) = reply();
        let pdu = Pdu::bare(PacketKind::SubscribeRequest, SUBSCRIBE_BYTES, ready);
        connection.ask(pdu, Asker::Done(answer));
        Ok(awaited)
    }

    pub(crate) fn request_mtu(
        &mut self,
        phone: PhoneIndex,
        id: ConnectionId,
    ) -> Result<Result<u16, Awaited<Result<u16, LinkError>>>, LinkError> {
        let ready = self.ready(phone);
        let asked = self.phones.get(&phone).map_or(0, |phone| phone.profile.mtu);
        let connection = self.usable(phone, id)?;
        // The MTU is exchanged once in a connection (Bluetooth Core 5.4 Vol 3 Part F 3.4.2.1).
        if connection.mtu_exchanged || asked <= connection.mtu {
            return Ok(Ok(connection.mtu));
        }
        let (answer, awaited): (Reply<Result<u16, LinkError>>, _) = reply();
        connection.ask(Pdu::bare(PacketKind::MtuRequest, 3, ready), Asker::Mtu(Some(answer)));
        Ok(Err(awaited))
    }

    pub(crate) fn mtu(&self, id: ConnectionId) -> u16 {
        self.connections.get(&id).map_or(super::connecting::SMALLEST_MTU, |connection| connection.mtu)
    }

    pub(crate) fn write(
        &mut self,
        phone: PhoneIndex,
        id: ConnectionId,
        frame: Vec<u8>,
        kind: WriteKind,
    ) -> Result<Option<Awaited<Result<(), LinkError>>>, LinkError> {
        let ready = self.ready(phone);
        let limit = self.phones.get(&phone).map_or(0, |phone| phone.profile.write_queue);
        let connection = self.usable(phone, id)?;
        if frame.len() > usize::from(connection.mtu.saturating_sub(ATT_HEADER)).min(LONGEST_VALUE) {
            return Err(LinkError::Platform { code: INVALID_LENGTH });
        }
        if kind == WriteKind::WithResponse {
            let (answer, awaited) = reply();
            connection.ask(Pdu::frame(PacketKind::WriteRequest, frame, ready), Asker::Done(answer));
            return Ok(Some(awaited));
        }
        if connection.queued_commands() >= limit.max(1) {
            connection.refused = true;
            return Err(LinkError::NotWritable);
        }
        connection.enqueue(Pdu::frame(PacketKind::WriteCommand, frame, ready));
        Ok(None)
    }

    pub(crate) fn prefer(&mut self, phone: PhoneIndex, id: ConnectionId, priority: Priority) {
        let Some(profile) = self.phones.get(&phone).map(|phone| &phone.profile) else { return };
        let interval = match priority {
            Priority::Bulk => profile.bulk_interval,
            _ => profile.fast_interval,
        }
        .max(SHORTEST_INTERVAL);
        if let Ok(connection) = self.usable(phone, id)
            && connection.interval_update.map_or(connection.interval, |(next, _)| next) != interval
        {
            connection.interval_update =
                Some((interval, connection.events_held.saturating_add(UPDATE_EVENTS)));
        }
    }

    pub(crate) fn disconnect(&mut self, phone: PhoneIndex, id: ConnectionId) {
        if let Ok(connection) = self.usable(phone, id) {
            connection.terminating.get_or_insert(Side::Phone);
        }
    }

    pub(crate) fn set_adapter(&mut self, phone: PhoneIndex, state: AdapterState) {
        let Some(station) = self.phones.get_mut(&phone) else { return };
        if station.adapter == state {
            return;
        }
        station.adapter = state;
        let scan = station.scan.as_ref().map(|scan| Arc::clone(&scan.events));
        let abandoned = if state == AdapterState::On {
            Vec::new()
        } else {
            core::mem::take(&mut station.initiations).into_values().collect()
        };
        self.record(Happening::Adapter { phone, state });
        if let Some(events) = scan {
            self.call_phone(phone, move || {
                events.push(ScanEvent::Adapter(state));
            });
        }
        for initiation in abandoned {
            self.call_phone(phone, move || initiation.reply.give(Err(LinkError::BluetoothOff)));
        }
        if state == AdapterState::On {
            self.listen();
        } else {
            self.vanish(phone, DisconnectReason::AdapterOff);
        }
    }

    /// The phone's radio is gone without a word; doors find out by the supervision timeout.
    pub(crate) fn vanish(&mut self, phone: PhoneIndex, reason: DisconnectReason) {
        for id in self.go_silent(|connection| connection.phone == phone) {
            self.close_phone_side(id, reason);
        }
    }
}
