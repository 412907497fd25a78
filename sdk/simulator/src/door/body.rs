//! The door's body: motor, bolt, sensors, battery, clock, keypad, card reader. Everything that can go wrong with it can be made
//! to.

use core::time::Duration;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thumbturn_lock::UnlockOrder;
use thumbturn_lock::hardware::{CardAnswer, Hardware, HardwareEvent, Readiness};
use thumbturn_lock::signal::Signal;
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::time::{Millis, UnixSeconds};

use crate::card::Card;
use crate::random::SeededRandom;
use crate::trace::DoorNote;

/// Milliseconds of one exchange with a card: some fifty bytes at 106 kbit/s, and the card's own work.
const EXCHANGE_MS: u64 = 10;

/// How the next runs of the motor end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MotorRun {
    /// The bolt moves.
    #[default]
    Moves,
    /// The bolt gets stuck half way.
    Jams,
    /// Something holds the bolt.
    IsBlocked,
    /// The battery gives out.
    BatteryGivesOut,
}

/// Where the bolt is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BoltPosition {
    /// Locked.
    #[default]
    Thrown,
    /// Open.
    Drawn,
    /// In between: it jammed, or the power was cut while the motor ran.
    Between,
}

/// The body of one door. Survives power cuts, as a body does.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) motor_time: Duration,
    pub(crate) next_run: MotorRun,
    pub(crate) readiness: Readiness,
    pub(crate) battery_low: bool,
    pub(crate) real_time_clock: Option<UnixSeconds>,
    pub(crate) position: BoltPosition,
    /// Operations for which the motor was started, oldest first.
    pub(crate) orders: Vec<OperationId>,
    pub(crate) notes: Vec<DoorNote>,
    /// The door's own timer at the call that is being made.
    pub(crate) now: Millis,
    /// How long the motor ran so far.
    pub(crate) motor_total: Duration,
    /// What keypad and reader showed, oldest first.
    pub(crate) signals: Vec<Signal>,
    run: Option<(Millis, MotorRun)>,
    events: VecDeque<HardwareEvent>,
    /// The card in the reader's field, and where it takes its random numbers from.
    card: Option<Card>,
    card_random: SeededRandom,
    /// What the card will have answered, and when.
    answer: Option<(Millis, CardAnswer)>,
}

impl Body {
    pub(crate) fn new(motor_time: Duration, card_random: SeededRandom) -> Self {
        Self {
            motor_time,
            next_run: MotorRun::Moves,
            readiness: Readiness::Ready,
            battery_low: false,
            real_time_clock: None,
            position: BoltPosition::Thrown,
            orders: Vec::new(),
            notes: Vec::new(),
            now: Millis(0),
            motor_total: Duration::ZERO,
            signals: Vec::new(),
            run: None,
            events: VecDeque::new(),
            card: None,
            card_random,
            answer: None,
        }
    }

    pub(crate) fn happen(&mut self, event: HardwareEvent) {
        self.events.push_back(event);
    }

    /// When the motor stops by itself, or a card answers.
    pub(crate) fn next_change(&self) -> Option<Millis> {
        self.run.map(|(end, _)| end).into_iter().chain(self.answer.map(|(at, _)| at)).min()
    }

    /// Puts a card into the reader's field, in the place of any that is there.
    pub(crate) fn hold(&mut self, card: Card) {
        self.take_card();
        self.card = Some(card);
        self.happen(HardwareEvent::CardPresent);
    }

    /// Takes the card out of the field.
    pub(crate) fn take_card(&mut self) -> Option<Card> {
        let mut card = self.card.take()?;
        card.leave();
        self.answer = None;
        self.happen(HardwareEvent::CardGone);
        Some(card)
    }

    /// The power fails: the motor stops where it is.
    pub(crate) fn lose_power(&mut self) {
        self.events.clear();
        self.answer = None;
        if let Some(card) = &mut self.card {
            card.leave();
        }
        if self.run.take().is_some() {
            self.position = BoltPosition::Between;
        }
    }

    /// Lets the card's answer arrive whose time has come.
    fn settle_card(&mut self) {
        if let Some((_, answer)) = self.answer.take_if(|(at, _)| self.now >= *at) {
            self.events.push_back(HardwareEvent::CardAnswered(answer));
        }
    }

    /// Ends a run of the motor whose time has come.
    fn settle_motor(&mut self) {
        let Some((_, run)) = self.run.filter(|(end, _)| self.now >= *end) else { return };
        self.run = None;
        let (position, event, note) = match run {
            MotorRun::Moves => (BoltPosition::Drawn, HardwareEvent::BoltMoved, DoorNote::BoltDrawn),
            MotorRun::Jams => (BoltPosition::Between, HardwareEvent::BoltJammed, DoorNote::BoltJams),
            MotorRun::IsBlocked => (BoltPosition::Thrown, HardwareEvent::BoltBlocked, DoorNote::BoltBlocked),
            MotorRun::BatteryGivesOut => {
                (BoltPosition::Between, HardwareEvent::BatteryGaveOut, DoorNote::BatteryGivesOut)
            }
        };
        self.position = position;
        self.events.push_back(event);
        self.notes.push(note);
    }
}

/// The body as the engine holds it; tests hold the same body.
#[derive(Clone, Debug)]
pub struct VirtualHardware(Arc<Mutex<Body>>);

impl VirtualHardware {
    pub(crate) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(body)))
    }

    pub(crate) fn body(&self) -> MutexGuard<'_, Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hardware for VirtualHardware {
    fn unlock(&mut self, order: UnlockOrder) {
        let mut body = self.body();
        let time = u64::try_from(body.motor_time.as_millis()).unwrap_or(u64::MAX);
        body.run = Some((body.now.plus(time), body.next_run));
        body.motor_total = body.motor_total.saturating_add(body.motor_time);
        body.orders.push(order.operation());
        body.notes.push(DoorNote::MotorRuns);
    }

    fn lock(&mut self) {
        let mut body = self.body();
        body.motor_total = body.motor_total.saturating_add(body.motor_time);
        // The motor is one: locking ends a run that opens.
        body.run = None;
        body.position = BoltPosition::Thrown;
        body.notes.push(DoorNote::BoltThrown);
    }

    fn readiness(&self) -> Readiness {
        self.body().readiness
    }

    fn battery_low(&self) -> bool {
        self.body().battery_low
    }

    fn next_event(&mut self) -> Option<HardwareEvent> {
        let mut body = self.body();
        body.settle_motor();
        body.settle_card();
        body.events.pop_front()
    }

    fn signal(&mut self, signal: Signal) {
        let mut body = self.body();
        body.signals.push(signal);
        body.notes.push(DoorNote::Shows(signal));
    }

    fn send_to_card(&mut self, command: &[u8]) {
        let mut body = self.body();
        let Body { card: Some(card), card_random, .. } = &mut *body else { return };
        let answer = CardAnswer::new(&card.answer(command, card_random));
        body.answer = Some((body.now.plus(EXCHANGE_MS), answer));
    }

    fn real_time_clock(&mut self) -> Option<UnixSeconds> {
        self.body().real_time_clock
    }
}
