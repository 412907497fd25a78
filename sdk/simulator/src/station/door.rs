//! A door as the air knows it.

use core::time::Duration;
use std::collections::VecDeque;

use thumbturn_phone::link::PeerId;
use thumbturn_protocol::time::Millis;

use crate::clock::{Instant, micros};
use crate::energy::Meter;
use crate::peripheral::{Advertisement, Charge, Peripheral, PeripheralAction, PeripheralEvent};
use crate::radio::place::Place;

/// Received values that wait for a busy CPU; when they are so many the controller takes no more, and the phone's
/// packets are sent again later.
const INBOX: usize = 8;
const MILLION: i128 = 1_000_000;

/// How a door is built into a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorSettings {
    /// Where it is.
    pub place: Place,
    /// Connections that its radio carries at once.
    pub max_connections: usize,
    /// How fast its timer runs: parts per million above true time, negative when slow.
    pub drift: i32,
    /// Time from power to the first instruction of its software.
    pub boot_time: Duration,
}

impl Default for DoorSettings {
    fn default() -> Self {
        Self { place: Place::default(), max_connections: 4, drift: 0, boot_time: Duration::from_millis(250) }
    }
}

pub(crate) struct DoorStation {
    pub(crate) settings: DoorSettings,
    pub(crate) peripheral: Box<dyn Peripheral>,
    pub(crate) built: Instant,
    /// Counts the times it was switched on, so that an event of an earlier life is recognised.
    pub(crate) life: u32,
    pub(crate) powered: bool,
    pub(crate) booted_at: Instant,
    pub(crate) inbox: VecDeque<PeripheralEvent>,
    /// The software has not answered *idle* since the last event.
    pub(crate) must_poll: bool,
    /// The software wants to be polled at this moment, even if nothing happens.
    pub(crate) wake_at: Option<Instant>,
    pub(crate) busy_until: Instant,
    pub(crate) advertisement: Option<Advertisement>,
    pub(crate) advertising_since: Instant,
    pub(crate) address: PeerId,
    /// An advertising event lies in the agenda.
    pub(crate) advertising_scheduled: bool,
    pub(crate) meter: Meter,
}

impl DoorStation {
    pub(crate) fn new(settings: DoorSettings, peripheral: Box<dyn Peripheral>, built: Instant) -> Self {
        Self {
            settings,
            peripheral,
            built,
            life: 0,
            powered: false,
            booted_at: Instant::START,
            inbox: VecDeque::new(),
            must_poll: false,
            wake_at: None,
            busy_until: Instant::START,
            advertisement: None,
            advertising_since: built,
            address: PeerId(String::new()),
            advertising_scheduled: false,
            meter: Meter::default(),
        }
    }

    pub(crate) fn has_room(&self) -> bool {
        self.inbox.len() < INBOX
    }

    /// One call of the software, if there is something to do: what it wants, if it was asked, and what the call cost.
    pub(crate) fn call(&mut self, now: Instant) -> Option<(Option<PeripheralAction>, Charge)> {
        let local = self.local(now);
        if !self.must_poll {
            if let Some(event) = self.inbox.pop_front() {
                self.must_poll = true;
                return Some((None, self.peripheral.handle(local, event)));
            }
            if self.wake_at.is_none_or(|deadline| now < deadline) {
                return None;
            }
            self.wake_at = None;
            self.must_poll = true;
        }
        let (action, charge) = self.peripheral.poll(local);
        Some((Some(action), charge))
    }

    /// What the door's own timer shows at `now`.
    pub(crate) fn local(&self, now: Instant) -> Millis {
        let true_micros = i128::from(micros(now.since(self.booted_at)));
        let shown = true_micros.saturating_mul(self.speed()) / MILLION / 1_000;
        Millis(u64::try_from(shown).unwrap_or(u64::MAX))
    }

    /// The first moment at which the door's own timer shows at least `local`.
    pub(crate) fn moment(&self, local: Millis) -> Instant {
        let shown = i128::from(local.0).saturating_mul(1_000).saturating_mul(MILLION);
        let speed = self.speed();
        let true_micros = shown.saturating_add(speed.saturating_sub(1)) / speed;
        self.booted_at.plus(Duration::from_micros(u64::try_from(true_micros).unwrap_or(u64::MAX)))
    }

    /// Ticks of the door's timer in a million true ones.
    fn speed(&self) -> i128 {
        MILLION.saturating_add(i128::from(self.settings.drift)).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl Peripheral for Nothing {
        fn boot(&mut self, _: Instant) -> Charge {
            Charge::default()
        }

        fn power_off(&mut self) {}

        fn handle(&mut self, _: Millis, _: PeripheralEvent) -> Charge {
            Charge::default()
        }

        fn poll(&mut self, _: Millis) -> (PeripheralAction, Charge) {
            (PeripheralAction::Idle { until: None }, Charge::default())
        }
    }

    fn door(drift: i32) -> DoorStation {
        let mut door = DoorStation::new(
            DoorSettings { drift, ..DoorSettings::default() },
            Box::new(Nothing),
            Instant::START,
        );
        door.booted_at = Instant::from_micros(77_777);
        door
    }

    #[test]
    fn a_fast_timer_gains() {
        let day = Instant::from_micros(77_777).plus(Duration::from_secs(86_400));
        assert_eq!(door(20).local(day), Millis(86_401_728));
        assert_eq!(door(-20).local(day), Millis(86_398_272));
    }

    #[test]
    fn a_moment_is_the_first_at_which_the_timer_shows_it() {
        for drift in [-500, -20, 0, 20, 500] {
            let door = door(drift);
            for local in [0, 1, 999, 3_000, 86_400_000] {
                let moment = door.moment(Millis(local));
                assert!(door.local(moment) >= Millis(local), "drift {drift}, {local}");
                if local > 0 {
                    let before = Instant::from_micros(moment.micros() - 1);
                    assert!(door.local(before) < Millis(local), "drift {drift}, {local}");
                }
            }
        }
    }
}
