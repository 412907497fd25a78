//! The door's body: a motor that takes its time, and whatever the prompt lets happen.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use thumbturn_lock::UnlockOrder;
use thumbturn_lock::hardware::{CardAnswer, Hardware, HardwareEvent, Readiness};
use thumbturn_lock::signal::Signal;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_simulator::card::Card;
use tokio::time::Instant;

use crate::board::SystemRandom;

/// Motor, sensors, battery, keypad, card reader and clock.
#[derive(Debug)]
pub(crate) struct Body {
    motor_time: Duration,
    has_clock: bool,
    /// When the motor that runs will stop.
    stops: Option<Instant>,
    /// How its next runs end.
    pub(crate) next_end: HardwareEvent,
    pub(crate) battery_percent: u8,
    /// The card in the reader's field.
    card: Option<Card>,
    events: VecDeque<HardwareEvent>,
    /// How often the bolt opened since the door started.
    pub(crate) openings: u64,
}

impl Body {
    pub(crate) const fn new(motor_milliseconds: u64, has_clock: bool) -> Self {
        Self {
            motor_time: Duration::from_millis(motor_milliseconds),
            has_clock,
            stops: None,
            next_end: HardwareEvent::BoltMoved,
            battery_percent: 100,
            card: None,
            events: VecDeque::new(),
            openings: 0,
        }
    }

    /// Something happens.
    pub(crate) fn happen(&mut self, event: HardwareEvent) {
        self.events.push_back(event);
    }

    /// A card is held to the reader.
    pub(crate) fn hold(&mut self, card: Card) {
        self.take_card();
        self.card = Some(card);
        self.happen(HardwareEvent::CardPresent);
    }

    /// The card is taken away.
    pub(crate) fn take_card(&mut self) {
        if self.card.take().is_some() {
            self.happen(HardwareEvent::CardGone);
        }
    }

    /// When something happens by itself.
    pub(crate) const fn next_change(&self) -> Option<Instant> {
        self.stops
    }

    fn settle_motor(&mut self) {
        if self.stops.is_none_or(|stops| Instant::now() < stops) {
            return;
        }
        self.stops = None;
        if self.next_end == HardwareEvent::BoltMoved {
            self.openings += 1;
        }
        println!("bolt {}", end_in_words(self.next_end));
        self.events.push_back(self.next_end);
    }
}

const fn end_in_words(end: HardwareEvent) -> &'static str {
    match end {
        HardwareEvent::BoltMoved => "open",
        HardwareEvent::BoltJammed => "jammed",
        HardwareEvent::BoltBlocked => "blocked",
        _ => "without power",
    }
}

impl Hardware for Body {
    fn unlock(&mut self, _: UnlockOrder) {
        println!("motor runs");
        self.stops = Some(Instant::now() + self.motor_time);
    }

    fn lock(&mut self) {
        self.stops = None;
        println!("bolt locked");
    }

    fn readiness(&self) -> Readiness {
        if self.battery_percent < 5 { Readiness::BatteryTooLow } else { Readiness::Ready }
    }

    fn battery_low(&self) -> bool {
        self.battery_percent < 20
    }

    fn battery_percent(&self) -> u8 {
        self.battery_percent
    }

    fn next_event(&mut self) -> Option<HardwareEvent> {
        self.settle_motor();
        self.events.pop_front()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the door's clock")]
    fn real_time_clock(&mut self) -> Option<UnixSeconds> {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
        self.has_clock.then(|| UnixSeconds::new(since.as_secs())).flatten()
    }

    fn signal(&mut self, signal: Signal) {
        println!("signal {signal:?}");
    }

    fn send_to_card(&mut self, command: &[u8]) {
        let Some(card) = &mut self.card else { return };
        let answer = card.answer(command, &mut SystemRandom);
        self.events.push_back(HardwareEvent::CardAnswered(CardAnswer::new(&answer)));
    }
}
