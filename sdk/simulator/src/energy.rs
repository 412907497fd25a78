//! What a door's radio, CPU and motor did, and the charge it took out of the battery.

use core::fmt;
use core::time::Duration;

use crate::clock::micros;
use crate::radio::link_layer;

/// On-times of one door since it was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    /// How long it has existed.
    pub elapsed: Duration,
    /// Radio sending.
    pub transmit: Duration,
    /// Radio listening.
    pub receive: Duration,
    /// CPU computing or waiting for flash.
    pub busy: Duration,
    /// The longest single `handle` or `poll` of its software.
    pub longest_call: Duration,
    /// The longest start of its software after power-on.
    pub longest_boot: Duration,
    /// Motor running.
    pub motor: Duration,
    /// Advertising events.
    pub advertising_events: u64,
    /// Connection events.
    pub connection_events: u64,
}

impl Meter {
    /// What was added since `earlier`; the longest call and boot are those of the whole life.
    #[must_use]
    pub const fn since(&self, earlier: &Self) -> Self {
        Self {
            elapsed: self.elapsed.saturating_sub(earlier.elapsed),
            transmit: self.transmit.saturating_sub(earlier.transmit),
            receive: self.receive.saturating_sub(earlier.receive),
            busy: self.busy.saturating_sub(earlier.busy),
            longest_call: self.longest_call,
            longest_boot: self.longest_boot,
            motor: self.motor.saturating_sub(earlier.motor),
            advertising_events: self.advertising_events.saturating_sub(earlier.advertising_events),
            connection_events: self.connection_events.saturating_sub(earlier.connection_events),
        }
    }
}

impl Meter {
    /// Adds advertising events and what the radio does in them.
    pub(crate) fn add_advertising(&mut self, events: u64) {
        let times = |each: Duration| Duration::from_micros(micros(each).saturating_mul(events));
        self.advertising_events = self.advertising_events.saturating_add(events);
        self.transmit = self.transmit.saturating_add(times(link_layer::ADVERTISING_TRANSMIT));
        self.receive = self.receive.saturating_add(times(link_layer::ADVERTISING_LISTEN));
    }
}

/// Advertising events within `time`, at `interval` and the mean delay that the link layer adds.
pub(crate) fn advertising_events(time: Duration, interval: Duration) -> u64 {
    micros(time) / micros(mean_interval(interval)).max(1)
}

/// An advertising interval with the mean delay that the link layer adds.
pub(crate) fn mean_interval(interval: Duration) -> Duration {
    interval.saturating_add(link_layer::LARGEST_ADVERTISING_DELAY / 2)
}

const DAY: Duration = Duration::from_secs(86_400);

/// Currents of a door's parts.
///
/// The defaults are those of an nRF52832 at 3 V with its DC/DC converter (product specification 1.1, chapter *Power and
/// clock management*: 0 dBm sending, receiving, CPU from flash, sleep with the real-time counter) and of a small gear motor.
/// The charge of waking up for a radio event (crystal, protocol stack) is an estimate. A model, not a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EnergyModel {
    /// Sending with 0 dBm, in microamperes.
    pub transmit_microamperes: u64,
    /// Receiving, in microamperes.
    pub receive_microamperes: u64,
    /// CPU running, in microamperes.
    pub busy_microamperes: u64,
    /// Everything asleep but the timer, in nanoamperes.
    pub sleep_nanoamperes: u64,
    /// Motor running, in microamperes.
    pub motor_microamperes: u64,
    /// Waking up for one radio event, in nanocoulombs.
    pub event_nanocoulombs: u64,
    /// Supply, in millivolts.
    pub millivolts: u64,
}

impl Default for EnergyModel {
    fn default() -> Self {
        Self {
            transmit_microamperes: 7_100,
            receive_microamperes: 6_500,
            busy_microamperes: 3_700,
            sleep_nanoamperes: 1_900,
            motor_microamperes: 200_000,
            event_nanocoulombs: 2_300,
            millivolts: 3_000,
        }
    }
}

/// Charge by what it was used for, in nanocoulombs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consumption {
    /// Radio, waking up included.
    pub radio: u64,
    /// CPU.
    pub cpu: u64,
    /// Sleep.
    pub sleep: u64,
    /// Motor.
    pub motor: u64,
    /// Supply, in millivolts.
    millivolts: u64,
}

impl EnergyModel {
    /// The charge for what a meter shows.
    #[must_use]
    pub fn consumption(&self, meter: &Meter) -> Consumption {
        // Microamperes times microseconds are picocoulombs.
        let charge = |current: u64, time: Duration| micros(time).saturating_mul(current) / 1_000;
        let events = meter.advertising_events.saturating_add(meter.connection_events);
        let radio = charge(self.transmit_microamperes, meter.transmit)
            .saturating_add(charge(self.receive_microamperes, meter.receive))
            .saturating_add(events.saturating_mul(self.event_nanocoulombs));
        Consumption {
            radio,
            cpu: charge(self.busy_microamperes, meter.busy),
            sleep: micros(meter.elapsed).saturating_mul(self.sleep_nanoamperes) / 1_000_000,
            motor: charge(self.motor_microamperes, meter.motor),
            millivolts: self.millivolts,
        }
    }
}

impl EnergyModel {
    /// The charge for a day of nothing but advertising at this interval.
    #[must_use]
    pub fn day_of_advertising(&self, interval: Duration) -> Consumption {
        let mut meter = Meter { elapsed: DAY, ..Meter::default() };
        meter.add_advertising(advertising_events(DAY, interval));
        self.consumption(&meter)
    }
}

impl Consumption {
    /// All of it, in nanocoulombs.
    #[must_use]
    pub const fn nanocoulombs(&self) -> u64 {
        self.radio.saturating_add(self.cpu).saturating_add(self.sleep).saturating_add(self.motor)
    }

    /// All of it, in microampere-hours.
    #[must_use]
    pub const fn microampere_hours(&self) -> u64 {
        self.nanocoulombs() / 3_600_000
    }

    /// The energy of all of it, in microjoules.
    #[must_use]
    pub const fn microjoules(&self) -> u64 {
        self.nanocoulombs().saturating_mul(self.millivolts) / 1_000_000
    }
}

/// Microcoulombs by part.
impl fmt::Display for Consumption {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { radio, cpu, sleep, motor, millivolts: _ } = self;
        write!(
            formatter,
            "{} µC (radio {}, CPU {}, sleep {}, motor {})",
            self.nanocoulombs() / 1_000,
            radio / 1_000,
            cpu / 1_000,
            sleep / 1_000,
            motor / 1_000
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_of_listening_is_charged_by_its_current() {
        let meter = Meter { receive: Duration::from_secs(60), ..Meter::default() };
        let consumption = EnergyModel::default().consumption(&meter);
        assert_eq!(consumption.nanocoulombs(), 60 * 6_500_000);
        assert_eq!(consumption.microampere_hours(), 108);
        assert_eq!(consumption.microjoules(), 60 * 19_500);
    }

    #[test]
    fn fast_advertising_costs_in_proportion() {
        let model = EnergyModel::default();
        let slow = model.day_of_advertising(Duration::from_micros(211_250));
        let fast = model.day_of_advertising(Duration::from_millis(20));
        println!("a day of advertising at 211.25 ms: {slow}; at 20 ms: {fast}");
        assert!((8..9).contains(&(fast.radio / slow.radio)), "{} {}", fast.radio, slow.radio);
    }

    #[test]
    fn a_meter_shows_the_difference() {
        let earlier = Meter { busy: Duration::from_secs(1), advertising_events: 4, ..Meter::default() };
        let later = Meter { busy: Duration::from_secs(3), advertising_events: 9, ..Meter::default() };
        let difference = later.since(&earlier);
        assert_eq!((difference.busy, difference.advertising_events), (Duration::from_secs(2), 5));
    }
}
