//! Doors advertise, phones scan and initiate connections.

use core::fmt::Write as _;
use core::time::Duration;
use std::sync::Arc;

use thumbturn_phone::link::{AdapterState, PeerId, ScanEvent, ScanResult};

use super::{Air, Event};
use crate::clock::{Instant, micros};
use crate::energy::{advertising_events, mean_interval};
use crate::peripheral::{Advertisement, NewAddress};
use crate::radio::link_layer::LARGEST_ADVERTISING_DELAY;
use crate::radio::signal;
use crate::station::door::DoorStation;
use crate::station::phone::AttemptId;
use crate::station::{DoorIndex, PhoneIndex};
use crate::trace::Happening;

/// The shortest advertising interval that the link layer knows.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(20);
/// The scanner stays on one of three channels while an advertising event visits all three.
const CHANNEL_DELAY_MICROS: u64 = 1_000;

impl Air {
    /// The door advertises something else from now on.
    pub(super) fn set_advertisement(&mut self, door: DoorIndex, mut advertisement: Advertisement) {
        advertisement.interval = advertisement.interval.max(SHORTEST_INTERVAL);
        let mut address = [0; 6];
        self.random.bytes(&mut address);
        let now = self.now;
        let Some(station) = self.doors.get_mut(&door) else { return };
        if advertisement.address == NewAddress::Chosen || station.advertisement.is_none() {
            station.address = peer_id(address);
        }
        station.account_advertising(now);
        station.advertisement = Some(advertisement);
        self.listen();
    }

    /// Somebody listens: doors that advertise unheard (and cost nothing to simulate) come into the agenda.
    pub(super) fn listen(&mut self) {
        if !self.somebody_listens() {
            return;
        }
        let unheard: Vec<(DoorIndex, u32, Duration)> = self
            .doors
            .iter()
            .filter(|(_, door)| door.powered && !door.advertising_scheduled)
            .filter_map(|(index, door)| Some((*index, door.life, door.advertisement.as_ref()?.interval)))
            .collect();
        for (door, life, interval) in unheard {
            let phase = Duration::from_micros(self.random.below(micros(interval).max(1)));
            self.schedule_advertising(door, life, phase);
        }
    }

    fn somebody_listens(&self) -> bool {
        self.phones.values().any(|phone| phone.scan.is_some() || !phone.initiations.is_empty())
    }

    fn schedule_advertising(&mut self, door: DoorIndex, life: u32, delay: Duration) {
        if let Some(station) = self.doors.get_mut(&door) {
            station.advertising_scheduled = true;
            self.put(self.now.plus(delay), Event::Advertise(door, life));
        }
    }

    /// One advertising event.
    pub(super) fn advertise(&mut self, door: DoorIndex, life: u32) {
        let open = self.open_connections(door);
        let Some(station) = self.doors.get_mut(&door) else { return };
        if station.life != life {
            return;
        }
        station.advertising_scheduled = false;
        let Some(advertisement) = station.advertisement.clone() else { return };
        let (address, full) = (station.address.clone(), open >= station.settings.max_connections);
        if full || !self.somebody_listens() {
            return;
        }
        let delay = Duration::from_micros(self.random.below(micros(LARGEST_ADVERTISING_DELAY)));
        self.schedule_advertising(door, life, advertisement.interval.saturating_add(delay));

        let mut initiators = Vec::new();
        let listeners: Vec<PhoneIndex> = self
            .phones
            .iter()
            .filter(|(_, phone)| phone.adapter == AdapterState::On)
            .filter(|(_, phone)| phone.scan.is_some() || !phone.initiations.is_empty())
            .map(|(index, _)| *index)
            .collect();
        for phone in listeners {
            let Some(dbm) = self.signal(phone, door) else { continue };
            self.hear(phone, door, &address, &advertisement, dbm);
            if let Some(attempt) = self.initiates(phone, &address, dbm) {
                initiators.push((phone, attempt));
            }
        }
        // The door can answer one request in one event.
        let count = u64::try_from(initiators.len()).unwrap_or(0);
        let chosen = usize::try_from(self.random.below(count)).unwrap_or(0);
        if let Some((phone, attempt)) = initiators.get(chosen) {
            self.begin_connection(*phone, *attempt, door);
        }
    }

    fn hear(
        &mut self,
        phone: PhoneIndex,
        door: DoorIndex,
        address: &PeerId,
        advertisement: &Advertisement,
        dbm: i8,
    ) {
        let (now, loss) = (self.now, signal::loss(&self.settings, dbm));
        let Some(station) = self.phones.get_mut(&phone) else { return };
        let Some(scan) = &mut station.scan else { return };
        let position =
            micros(now.since(scan.window)).checked_rem(micros(station.profile.scan_interval)).unwrap_or(0);
        let deaf = scan.throttled || now < scan.window || position >= micros(station.profile.scan_window);
        if deaf || self.random.chance(loss) {
            return;
        }
        // The request, the answer, and whatever else goes wrong between two hosts.
        let scan_response = station.profile.hears_scan_response
            && !self.random.chance(loss)
            && !self.random.chance(loss)
            && !self.random.chance(self.settings.scan_response_loss);
        let delay = Duration::from_micros(self.random.below(CHANNEL_DELAY_MICROS));
        let (events, first) = (Arc::clone(&scan.events), scan.heard.insert(door));
        let arrival = now.plus(delay).plus(station.profile.host_latency);
        let result = ScanResult {
            peer: address.clone(),
            signal_dbm: dbm,
            service_data: scan_response.then(|| advertisement.service_data.clone()),
        };
        let push = move || {
            events.push(ScanEvent::Heard(result));
        };
        self.put(arrival, Event::Call(Box::new(push)));
        if first {
            self.record(Happening::Heard { phone, door, signal_dbm: dbm, scan_response });
        }
    }

    /// The attempt of this phone that this advertisement answers, if the radio lets it.
    fn initiates(&mut self, phone: PhoneIndex, address: &PeerId, dbm: i8) -> Option<AttemptId> {
        let initiations = &self.phones.get(&phone)?.initiations;
        let attempt =
            initiations.iter().find(|(_, initiation)| initiation.peer == *address).map(|(id, _)| *id)?;
        let loss = signal::loss(&self.settings, dbm);
        let lost = self.random.chance(loss) || self.random.chance(loss);
        (!lost).then_some(attempt)
    }
}

impl DoorStation {
    /// Adds the advertising events since the last change to the meter. They are counted, not simulated, while nobody listens.
    pub(crate) fn account_advertising(&mut self, now: Instant) {
        let Some(advertisement) = &self.advertisement else {
            self.advertising_since = now;
            return;
        };
        let events = advertising_events(now.since(self.advertising_since), advertisement.interval);
        let accounted = micros(mean_interval(advertisement.interval)).saturating_mul(events);
        // The rest of an interval counts the next time, so that frequent readings lose nothing.
        self.advertising_since = self.advertising_since.plus(Duration::from_micros(accounted));
        self.meter.add_advertising(events);
    }
}

fn peer_id(address: [u8; 6]) -> PeerId {
    let mut text = String::new();
    for (position, byte) in address.iter().enumerate() {
        let separator = if position == 0 { "" } else { ":" };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}{byte:02X}");
    }
    PeerId(text)
}
