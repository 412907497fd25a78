//! The event log: two parts, one sequence.
//!
//! Evidence and routine events lie in rings of their own, so that noise overwrites noise only. When a ring is full its
//! oldest block goes, acknowledged or not; what was lost unacknowledged is counted.

use heapless::Vec;
use serde::{Deserialize, Serialize};
use thumbturn_protocol::ids::OperationId;
use thumbturn_protocol::log::LogHead;
use thumbturn_protocol::record::ActuatorResult;

use crate::flash::Flash;
use thumbturn_protocol::event::{AcceptedOperation, Event, EventClass, EventTime, LoggedEvent, Sequence};

use super::track::{Mark, Track};
use super::{StorageError, layout};

/// Operations that are reloaded at boot (spec §8.2).
pub const RECENT_OPERATIONS: usize = 16;
/// Evidence records that are read for them: each operation has one actuator record, and claims are rare.
const RECENT_RECORDS: usize = 48;

/// How much of the log the authority has confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Acknowledged {
    pub(super) up_to: Sequence,
    /// The newest event when the property took the door: its log begins after it.
    pub(super) begun_after: Sequence,
    evidence: Mark,
    routine: Mark,
}

impl Acknowledged {
    pub(super) const NONE: Self =
        Self { up_to: Sequence(0), begun_after: Sequence(0), evidence: Mark::NONE, routine: Mark::NONE };
}

/// Events that were overwritten before they were acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LostEvents {
    /// Openings and changes.
    pub evidence: u32,
    /// All others.
    pub routine: u32,
}

/// An event and what it follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Head of the chain before the event (spec §12.2).
    pub before: LogHead,
    /// The event.
    pub event: LoggedEvent,
}

/// An operation of the log and what the bolt did for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecentOperation {
    /// Its number in the log.
    pub sequence: Sequence,
    /// When it was accepted.
    pub time: EventTime,
    /// What was accepted.
    pub operation: AcceptedOperation,
    /// What the bolt did; `None` when power failed before that was known.
    pub result: Option<ActuatorResult>,
}

#[derive(Debug)]
pub(super) struct EventLog {
    evidence: Track,
    routine: Track,
    next: Sequence,
    /// The head before the next event, as the engine says.
    head: LogHead,
    /// A program failed, so that it is not known whether `next` is taken.
    in_doubt: bool,
}

impl EventLog {
    pub(super) fn open<F: Flash>(flash: &mut F, acknowledged: Acknowledged) -> Result<Self, StorageError> {
        let evidence = Track::open(flash, layout::EVIDENCE)?;
        let routine = Track::open(flash, layout::ROUTINE)?;
        let newest =
            evidence.newest().max(routine.newest()).max(Some(acknowledged.up_to)).unwrap_or_default();
        Ok(Self { evidence, routine, next: newest.next(), head: LogHead([0; 32]), in_doubt: false })
    }

    /// Writes one event: one append, never an erase.
    pub(super) fn append<F: Flash>(
        &mut self,
        flash: &mut F,
        acknowledged: Acknowledged,
        time: EventTime,
        event: &Event,
    ) -> Result<Sequence, StorageError> {
        self.resolve_doubt(flash, acknowledged)?;
        let sequence = self.next;
        if sequence.next() == sequence {
            return Err(StorageError::WornOut);
        }
        let track = match event.class() {
            EventClass::Evidence => &mut self.evidence,
            EventClass::Routine => &mut self.routine,
        };
        let written = track.append(flash, sequence, self.head, time, event);
        self.in_doubt = matches!(written, Err(StorageError::Flash(_)));
        written?;
        self.next = sequence.next();
        Ok(sequence)
    }

    /// At most one erase. Tells whether there was something to do.
    pub(super) fn maintain<F: Flash>(
        &mut self,
        flash: &mut F,
        acknowledged: Acknowledged,
    ) -> Result<bool, StorageError> {
        if self.in_doubt {
            self.resolve_doubt(flash, acknowledged)?;
            return Ok(true);
        }
        Ok(self.evidence.maintain(flash)? || self.routine.maintain(flash)?)
    }

    pub(super) const fn is_due(&self) -> bool {
        self.in_doubt || self.evidence.is_due() || self.routine.is_due()
    }

    /// Events of the class that can be appended before the next maintenance.
    pub(super) const fn room(&self, class: EventClass) -> usize {
        match class {
            EventClass::Evidence => self.evidence.room(),
            EventClass::Routine => self.routine.room(),
        }
    }

    /// The sequence of the newest event; 0 before the first.
    pub(super) const fn newest(&self) -> Sequence {
        Sequence(self.next.0.saturating_sub(1))
    }

    pub(super) const fn set_head(&mut self, head: LogHead) {
        self.head = head;
    }

    pub(super) fn next_event<F: Flash>(
        &self,
        flash: &mut F,
        from: Sequence,
    ) -> Result<Option<LoggedEvent>, StorageError> {
        Ok(self.next_link(flash, from)?.map(|link| link.event))
    }

    pub(super) fn next_link<F: Flash>(
        &self,
        flash: &mut F,
        from: Sequence,
    ) -> Result<Option<Link>, StorageError> {
        let evidence = self.evidence.find(flash, from)?;
        let routine = self.routine.find(flash, from)?;
        Ok(match (evidence, routine) {
            (Some(evidence), Some(routine)) if routine.event.sequence < evidence.event.sequence => {
                Some(routine)
            }
            (Some(evidence), _) => Some(evidence),
            (None, routine) => routine,
        })
    }

    pub(super) fn newest_link<F: Flash>(
        &mut self,
        flash: &mut F,
        acknowledged: Acknowledged,
    ) -> Result<Option<Link>, StorageError> {
        self.resolve_doubt(flash, acknowledged)?;
        self.next_link(flash, self.newest())
    }

    /// What to remember when a property takes the door.
    pub(super) fn begin<F: Flash>(
        &mut self,
        flash: &mut F,
        acknowledged: Acknowledged,
    ) -> Result<Acknowledged, StorageError> {
        self.resolve_doubt(flash, acknowledged)?;
        Ok(Acknowledged {
            up_to: self.newest(),
            begun_after: self.newest(),
            evidence: self.evidence.begin(),
            routine: self.routine.begin(),
        })
    }

    /// Finds out whether the append that failed is in flash.
    fn resolve_doubt<F: Flash>(
        &mut self,
        flash: &mut F,
        acknowledged: Acknowledged,
    ) -> Result<(), StorageError> {
        if self.in_doubt {
            *self = Self { head: self.head, ..Self::open(flash, acknowledged)? };
        }
        Ok(())
    }

    /// What to remember after events up to `up_to`, but none that was never written, were acknowledged.
    pub(super) fn acknowledge<F: Flash>(
        &self,
        flash: &mut F,
        up_to: Sequence,
        acknowledged: Acknowledged,
    ) -> Result<Acknowledged, StorageError> {
        let up_to = up_to.min(self.newest()).max(acknowledged.up_to);
        Ok(Acknowledged {
            up_to,
            begun_after: acknowledged.begun_after,
            evidence: self.evidence.acknowledge(flash, up_to, acknowledged.evidence)?,
            routine: self.routine.acknowledge(flash, up_to, acknowledged.routine)?,
        })
    }

    pub(super) const fn lost(&self, acknowledged: Acknowledged) -> LostEvents {
        LostEvents {
            evidence: self.evidence.lost(acknowledged.evidence),
            routine: self.routine.lost(acknowledged.routine),
        }
    }

    /// The newest operations, newest first. Reads a bounded number of records.
    pub(super) fn recent_operations<F: Flash>(
        &self,
        flash: &mut F,
    ) -> Result<Vec<RecentOperation, RECENT_OPERATIONS>, StorageError> {
        let mut recent = Vec::new();
        // Results met on the way back whose operation comes next.
        let mut results: Vec<(OperationId, ActuatorResult), RECENT_RECORDS> = Vec::new();
        for logged in self.evidence.newest_first(flash).take(RECENT_RECORDS) {
            let LoggedEvent { sequence, time, event } = logged?;
            match event {
                Event::Operation(operation) => {
                    let index = results.iter().position(|(id, _)| *id == operation.operation);
                    let result = index.map(|index| results.swap_remove(index).1);
                    if recent.push(RecentOperation { sequence, time, operation, result }).is_err() {
                        break;
                    }
                }
                // Never full: it has as many places as records are read.
                Event::Actuator { operation, result } => drop(results.push((operation, result))),
                // No operation.
                _ => {}
            }
        }
        Ok(recent)
    }
}
