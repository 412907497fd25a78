//! A world: virtual time, the air, and the tasks that live in it.

use core::fmt;
use core::future::Future;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thumbturn_phone::link::{ConnectionId, PeerId};

use crate::air::{Air, Event};
use crate::clock::Instant;
use crate::energy::Meter;
use crate::executor::{CallWaker, Executor, TaskId};
use crate::fault::{Intercepted, Verdict};
use crate::peripheral::Peripheral;
use crate::phone::SimulatedPhone;
use crate::profile::PhoneProfile;
use crate::radio::place::{Place, Walk};
use crate::radio::settings::RadioSettings;
use crate::random::{Purpose, SeededRandom};
use crate::reply::{Awaited, reply};
use crate::station::door::DoorStation;
use crate::station::phone::PhoneStation;
use crate::station::{DoorIndex, DoorSettings, PhoneIndex};
use crate::trace::{Direction, Happening, PacketKind, Trace};

/// How long [`World::block_on`] lets virtual time pass before it gives up.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// A virtual world. Clones are handles to the same world.
///
/// Time passes only inside [`World::step`], [`World::run_for`], [`World::run_until`] and [`World::block_on`], and only as
/// fast as things happen. One seed and one script give one run, byte for byte.
#[derive(Clone)]
pub struct World {
    shared: Arc<Shared>,
}

struct Shared {
    seed: u64,
    air: Mutex<Air>,
    executor: Executor,
}

/// A future was still waiting when nothing more could happen, or after an hour of virtual time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the future still waits at {at}, seed {seed}")]
pub struct Stalled {
    /// When the world gave up.
    pub at: Instant,
    /// The world's seed, to run it again.
    pub seed: u64,
}

/// A future that runs in a world by itself. Dropping the handle lets it run on.
pub struct Task<T> {
    world: World,
    task: TaskId,
    result: Awaited<T>,
}

impl World {
    /// A world with ordinary air.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::with_radio(seed, RadioSettings::default())
    }

    /// A world with this air.
    #[must_use]
    pub fn with_radio(seed: u64, settings: RadioSettings) -> Self {
        let air = Mutex::new(Air::new(seed, settings));
        Self { shared: Arc::new(Shared { seed, air, executor: Executor::default() }) }
    }

    /// The seed that this world was made from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.shared.seed
    }

    /// The present moment.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.air().now
    }

    pub(crate) fn air(&self) -> MutexGuard<'_, Air> {
        // A panicked test cannot make the lock's state worse than the test already is.
        self.shared.air.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn random(&self, purpose: Purpose) -> SeededRandom {
        SeededRandom::stream(self.shared.seed, purpose)
    }
}

/// Doors and phones.
impl World {
    /// Builds in a door that runs `peripheral`, and switches it on.
    pub fn add_peripheral(
        &self,
        name: &str,
        settings: DoorSettings,
        peripheral: Box<dyn Peripheral>,
    ) -> DoorIndex {
        let mut air = self.air();
        let door = DoorIndex(u32::try_from(air.doors.len()).unwrap_or(u32::MAX));
        air.trace.name_door(door, name);
        let now = air.now;
        air.doors.insert(door, DoorStation::new(settings, peripheral, now));
        air.put(now, Event::PowerOn(door, 0));
        door
    }

    /// Brings a phone.
    #[must_use]
    pub fn add_phone(&self, name: &str, profile: PhoneProfile, place: Place) -> SimulatedPhone {
        let mut air = self.air();
        let phone = PhoneIndex(u32::try_from(air.phones.len()).unwrap_or(u32::MAX));
        air.trace.name_phone(phone, name);
        air.phones.insert(phone, PhoneStation::new(profile, Walk::standing(place)));
        SimulatedPhone::new(self.clone(), phone)
    }

    /// Cuts the power of a door now. It stays off.
    pub fn power_off(&self, door: DoorIndex) {
        let mut air = self.air();
        if let Some(life) = air.doors.get(&door).map(|station| station.life) {
            air.power_off(door, life);
        }
    }

    /// Gives a door its power back; its software runs after its boot time.
    pub fn power_on(&self, door: DoorIndex) {
        let mut air = self.air();
        if let Some((life, boot)) =
            air.doors.get(&door).map(|station| (station.life, station.settings.boot_time))
        {
            let at = air.now.plus(boot);
            air.put(at, Event::PowerOn(door, life));
        }
    }

    pub(crate) fn doors(&self) -> u32 {
        u32::try_from(self.air().doors.len()).unwrap_or(u32::MAX)
    }

    pub(crate) fn door_place(&self, door: DoorIndex) -> Place {
        self.air().doors.get(&door).map_or_else(Place::default, |station| station.settings.place)
    }

    /// The radio address at which a door advertises now; `None` while it does not.
    #[must_use]
    pub fn address(&self, door: DoorIndex) -> Option<PeerId> {
        let air = self.air();
        let station = air.doors.get(&door)?;
        station.advertisement.as_ref().map(|_| station.address.clone())
    }

    /// What a door's radio and CPU did so far.
    #[must_use]
    pub fn meter(&self, door: DoorIndex) -> Meter {
        let mut air = self.air();
        let now = air.now;
        air.doors.get_mut(&door).map_or_else(Meter::default, |station| {
            station.account_advertising(now);
            Meter { elapsed: now.since(station.built), ..station.meter }
        })
    }

    /// Wakes a door's software: something happened to its body.
    pub fn nudge(&self, door: DoorIndex) {
        self.air().nudge(door);
    }
}

/// Time.
impl World {
    /// Lets the next thing happen, up to `limit`: one task runs, or time moves to the next event. `false`: nothing is due.
    pub fn step_until(&self, limit: Instant) -> bool {
        if self.shared.executor.run_one() {
            return true;
        }
        // The guard must be gone before a script asks for the world.
        let happened = self.air().advance(limit);
        match happened {
            None => false,
            Some(None) => true,
            Some(Some(script)) => {
                script(self);
                true
            }
        }
    }

    /// Lets the next thing happen. `false`: nothing will ever happen again without a push from outside.
    pub fn step(&self) -> bool {
        self.step_until(Instant::from_micros(u64::MAX))
    }

    /// Lets everything up to `moment` happen; it is then `moment`.
    pub fn run_until(&self, moment: Instant) {
        while self.step_until(moment) {}
        let mut air = self.air();
        air.now = air.now.max(moment);
    }

    /// Lets `duration` pass.
    pub fn run_for(&self, duration: Duration) {
        self.run_until(self.now().plus(duration));
    }

    /// Does something at a moment to come.
    pub fn at(&self, moment: Instant, script: impl FnOnce(&Self) + Send + 'static) {
        let mut air = self.air();
        let moment = moment.max(air.now);
        air.put(moment, Event::Script(Box::new(script)));
    }

    /// Runs a future beside everything else.
    pub fn spawn<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> Task<T> {
        let (answer, result) = reply();
        let task = self.shared.executor.spawn(Box::pin(async move { answer.give(future.await) }));
        Task { world: self.clone(), task, result }
    }

    /// Drops all tasks that still run. Tasks hold their world and their world holds them, so whoever makes thousands of
    /// worlds and leaves tasks unfinished ends them with this.
    pub fn abort_tasks(&self) {
        self.shared.executor.abort_all();
    }

    /// Lets time pass until a future is done. It may borrow from the caller; woken, it goes before all tasks.
    ///
    /// # Errors
    ///
    /// [`Stalled`] when nothing more can happen, or an hour of virtual time has passed, before the future is done.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> Result<T, Stalled> {
        let limit = self.now().plus(PATIENCE);
        let mut future = pin!(future);
        let call = Arc::new(CallWaker::awake());
        let waker = Waker::from(Arc::clone(&call));
        loop {
            if call.take() {
                if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Ok(value);
                }
            } else if !self.step_until(limit) {
                return Err(Stalled { at: self.now(), seed: self.shared.seed });
            }
        }
    }

    /// Waits for `duration` of virtual time inside a task.
    pub async fn pause(&self, duration: Duration) {
        crate::timer::sleep(self, self.now().plus(duration)).await;
    }
}

/// Faults and attacks.
impl World {
    /// Host drop: the `index`-th packet (from 0) among the writes without response, or the notifications, of a
    /// connection vanishes silently. Connections are numbered from 1 in the order in which they are made.
    pub fn drop_packet(&self, connection: ConnectionId, direction: Direction, index: u32) {
        self.air().faults.drop_packet(connection, direction, index);
    }

    /// The radio of a connection dies with the first packet by which more than `bytes` bytes of frames would have
    /// arrived in this direction; both sides find out by the supervision timeout.
    pub fn cut_after(&self, connection: ConnectionId, direction: Direction, bytes: u64) {
        self.air().faults.cut_after(connection, direction, bytes);
    }

    /// A man in the middle judges every frame before it is delivered. `None` removes it.
    pub fn intercept(&self, interceptor: impl FnMut(&Intercepted) -> Verdict + Send + 'static) {
        self.air().faults.intercept(Some(Box::new(interceptor)));
    }

    /// Nobody stands in the middle any more.
    pub fn stop_intercepting(&self) {
        self.air().faults.intercept(None);
    }

    /// An attacker's frame arrives at the door on somebody's connection, as a write without response.
    pub fn inject_to_door(&self, connection: ConnectionId, frame: Vec<u8>) {
        self.air().inject(connection, PacketKind::WriteCommand, frame);
    }

    /// An attacker's frame arrives at the phone on its connection, as a notification.
    pub fn inject_to_phone(&self, connection: ConnectionId, frame: Vec<u8>) {
        self.air().inject(connection, PacketKind::Notification, frame);
    }

    /// Changes the properties of the air from now on.
    pub fn change_radio(&self, change: impl FnOnce(&mut RadioSettings)) {
        change(&mut self.air().settings);
    }
}

/// What happened.
impl World {
    /// Everything that happened so far.
    #[must_use]
    pub fn trace(&self) -> Trace {
        self.air().trace.clone()
    }

    /// The number of records so far: a mark for [`Trace::after`].
    #[must_use]
    pub fn mark(&self) -> usize {
        self.air().trace.records().len()
    }

    /// What happened since a mark.
    #[must_use]
    pub fn trace_after(&self, mark: usize) -> Trace {
        self.air().trace.after(mark)
    }

    /// Writes a remark into the trace.
    pub fn note(&self, text: &str) {
        self.air().record(Happening::Note(text.to_owned()));
    }
}

impl fmt::Debug for World {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("World").field("seed", &self.shared.seed).finish_non_exhaustive()
    }
}

impl<T> Task<T> {
    /// The result, once, when the task is done.
    pub fn take(&mut self) -> Option<T> {
        self.result.take()
    }

    /// Drops the task's future where it stands, as an app that forgets it does.
    pub fn abort(&self) {
        self.world.shared.executor.abort(self.task);
    }
}

impl<T> Future for Task<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        Pin::new(&mut self.result).poll(context)
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Task").field("task", &self.task).finish_non_exhaustive()
    }
}
