//! Runs many futures on one thread, in an order that depends on nothing but the run itself.

use core::future::Future;
use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll, Waker};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake;

type BoxedFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The tasks of a world. Woken tasks run first come, first served.
#[derive(Default)]
pub(crate) struct Executor {
    tasks: Mutex<Tasks>,
    ready: Arc<Ready>,
}

#[derive(Default)]
struct Tasks {
    /// `None` while the task is being polled.
    running: BTreeMap<u64, Option<BoxedFuture>>,
    spawned: u64,
}

#[derive(Default)]
struct Ready(Mutex<VecDeque<Arc<TaskWaker>>>);

struct TaskWaker {
    task: u64,
    queued: AtomicBool,
    ready: Arc<Ready>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            let ready = Arc::clone(&self.ready);
            lock(&ready.0).push_back(self);
        }
    }
}

/// Whether the future of a call that waits was woken.
pub(crate) struct CallWaker(AtomicBool);

impl CallWaker {
    /// One that must be polled at once.
    pub(crate) const fn awake() -> Self {
        Self(AtomicBool::new(true))
    }

    /// Whether it was woken since the last time.
    pub(crate) fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}

impl Wake for CallWaker {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// Names a task of one executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaskId(u64);

impl Executor {
    pub(crate) fn spawn(&self, future: BoxedFuture) -> TaskId {
        let mut tasks = lock(&self.tasks);
        let task = tasks.spawned;
        tasks.spawned = task.saturating_add(1);
        tasks.running.insert(task, Some(future));
        drop(tasks);
        Arc::new(TaskWaker { task, queued: AtomicBool::new(false), ready: Arc::clone(&self.ready) }).wake();
        TaskId(task)
    }

    /// Drops a task's future, if the task has not ended.
    pub(crate) fn abort(&self, task: TaskId) {
        // Dropped after the lock is released: the future's own drop may call back.
        let future = lock(&self.tasks).running.remove(&task.0);
        drop(future);
    }

    /// Drops all futures that have not ended.
    pub(crate) fn abort_all(&self) {
        let abandoned = core::mem::take(&mut lock(&self.tasks).running);
        drop(abandoned);
    }

    /// Polls the task that was woken first. `false`: none is awake.
    pub(crate) fn run_one(&self) -> bool {
        let Some(awake) = lock(&self.ready.0).pop_front() else { return false };
        awake.queued.store(false, Ordering::Release);
        let task = awake.task;
        let Some(mut future) = lock(&self.tasks).running.get_mut(&task).and_then(Option::take) else {
            return true;
        };
        let waker = Waker::from(awake);
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        let mut tasks = lock(&self.tasks);
        let finished = match polled {
            Poll::Ready(()) => {
                tasks.running.remove(&task);
                Some(future)
            }
            // A task that was aborted while it ran has no place any more.
            Poll::Pending => match tasks.running.get_mut(&task) {
                Some(place) => {
                    *place = Some(future);
                    None
                }
                None => Some(future),
            },
        };
        drop(tasks);
        drop(finished);
        true
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use core::future::poll_fn;
    use core::sync::atomic::AtomicUsize;

    use super::*;

    #[test]
    fn tasks_run_in_the_order_in_which_they_wake() {
        let executor = Executor::default();
        let order = Arc::new(Mutex::new(Vec::new()));
        for name in 0..3 {
            let order = Arc::clone(&order);
            executor.spawn(Box::pin(async move { lock(&order).push(name) }));
        }
        while executor.run_one() {}
        assert_eq!(*lock(&order), [0, 1, 2]);
    }

    #[test]
    fn a_task_is_polled_once_for_many_wakes_and_never_without_one() {
        let executor = Executor::default();
        let polls = Arc::new(AtomicUsize::new(0));
        let slot: Arc<Mutex<Option<Waker>>> = Arc::default();
        let (counter, wakers) = (Arc::clone(&polls), Arc::clone(&slot));
        executor.spawn(Box::pin(poll_fn(move |context| {
            counter.fetch_add(1, Ordering::Relaxed);
            *lock(&wakers) = Some(context.waker().clone());
            Poll::Pending
        })));
        while executor.run_one() {}
        assert_eq!(polls.load(Ordering::Relaxed), 1);
        let waker = lock(&slot).clone().expect("the task left its waker");
        waker.wake_by_ref();
        waker.wake();
        while executor.run_one() {}
        assert_eq!(polls.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn an_aborted_task_drops_its_future_and_never_runs() {
        let executor = Executor::default();
        let ran = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&ran);
        let task = executor.spawn(Box::pin(async move { flag.store(true, Ordering::Relaxed) }));
        executor.abort(task);
        while executor.run_one() {}
        assert!(!ran.load(Ordering::Relaxed));
        assert_eq!(Arc::strong_count(&ran), 1);
    }
}
