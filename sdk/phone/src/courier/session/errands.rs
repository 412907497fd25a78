//! What is to be done at a door, in which order (design §4 item 4).

use thumbturn_protocol::bulletin::BulletinVersion;
use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::ids::Generation;
use thumbturn_protocol::record::{DoorKnowledge, DoorObject, Record};
use thumbturn_protocol::time::Millis;

use super::collecting::IncomingBatch;
use super::{CourierSession, CourierStep, End, Occasion, Stage};
use crate::courier::event::CourierEvent;

/// Longest time in seconds since a token was received at which it may set a clock (spec §13.3).
const TOKEN_AGE_S: u64 = 24 * 3_600;

/// The errands of a session, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    Rotation,
    Bulletin,
    Time,
    Update,
    Receipt,
    Acknowledgement,
    Logs,
    Leave,
}

/// What the door's next state must show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Confirmation {
    Rotation(Generation),
    Bulletin(BulletinVersion),
}

/// Whether an errand waits for the door.
pub(super) enum Pace {
    Wait,
    GoOn,
}

impl Confirmation {
    pub(super) fn is_shown_by(&self, door: &DoorKnowledge) -> bool {
        match self {
            Self::Rotation(generation) => door.generation >= *generation,
            Self::Bulletin(version) => bulletin_of(door) >= *version,
        }
    }

    pub(super) const fn event(&self) -> CourierEvent {
        match self {
            Self::Rotation(generation) => CourierEvent::RotationDelivered { generation: *generation },
            Self::Bulletin(version) => CourierEvent::BulletinDelivered { epoch: version.epoch },
        }
    }
}

impl CourierSession {
    /// Does errands until one has to wait for the door.
    pub(super) fn proceed(&mut self, now: Millis) {
        // At most once through all errands and once more for each update.
        loop {
            let (pace, next) = match self.next {
                Errand::Rotation => (self.give_rotation(), Errand::Bulletin),
                Errand::Bulletin => (self.exchange_bulletins(), Errand::Time),
                Errand::Time => (self.give_time(now), Errand::Update),
                // Another update may continue where this one ends.
                Errand::Update => match self.offer_update() {
                    Pace::Wait => (Pace::Wait, Errand::Update),
                    Pace::GoOn => (Pace::GoOn, Errand::Receipt),
                },
                Errand::Receipt => (self.fetch_receipt(), Errand::Acknowledgement),
                Errand::Acknowledgement => (self.give_acknowledgement(), Errand::Logs),
                Errand::Logs => (self.fetch_logs(), Errand::Leave),
                Errand::Leave if self.awaited.is_some() => {
                    self.stage = Stage::AwaitingTime;
                    return;
                }
                Errand::Leave => {
                    self.leave(self.end());
                    return;
                }
            };
            self.next = next;
            if matches!(pace, Pace::Wait) {
                return;
            }
        }
    }

    /// Asks for the state to see whether the door has taken what it was given.
    pub(super) fn confirm(&mut self, confirmation: Confirmation, asks: u8) {
        self.outgoing.push_back(Record::Ask);
        self.stage = Stage::Asking { confirms: Some(confirmation), asks };
    }

    fn give_rotation(&mut self) -> Pace {
        let Some((generation, rotation)) = self.cargo.rotation.clone() else { return Pace::GoOn };
        if self.door.as_ref().is_none_or(|door| door.generation >= generation) {
            return Pace::GoOn;
        }
        self.outgoing.push_back(Record::Rotation(rotation));
        self.confirm(Confirmation::Rotation(generation), 1);
        Pace::Wait
    }

    fn exchange_bulletins(&mut self) -> Pace {
        let Some(door) = &self.door else { return Pace::GoOn };
        let (theirs, ours) = (bulletin_of(door), self.cargo.bulletin_version());
        if let Some(held) = self.cargo.bulletin.as_ref().filter(|held| held.generation == door.generation)
            && ours > theirs
        {
            self.outgoing.push_back(Record::BulletinHeader(held.header.clone()));
            if held.entries.is_empty() {
                // Nothing is left to fetch: the header alone is the bulletin.
                self.confirm(Confirmation::Bulletin(ours), 1);
            } else {
                self.gave_bulletin_header = true;
                self.stage = Stage::OfferingBulletin;
            }
            return Pace::Wait;
        }
        let readable = self.cargo.anchor.key_of(theirs.generation).is_some();
        let there_is_one = theirs.epoch != BulletinVersion::default().epoch;
        if self.occasion == Occasion::Accepted && theirs > ours && there_is_one && readable {
            self.outgoing.push_back(Record::Fetch(DoorObject::Bulletin));
            self.stage = Stage::TakingBulletin(None);
            return Pace::Wait;
        }
        Pace::GoOn
    }

    fn give_time(&mut self, now: Millis) -> Pace {
        self.fetch_time(now);
        let (Some(token), Some(door)) = (&self.cargo.time, &self.door) else { return Pace::GoOn };
        let of_generation = token.peek_unverified().is_ok_and(|time| time.generation == door.generation);
        if !of_generation || self.occasion == Occasion::Denied {
            return Pace::GoOn;
        }
        let elapsed = self.cargo.time_received.map(|received| now.since(received) / 1_000);
        let elapsed =
            elapsed.filter(|seconds| self.cargo.roles.contains(Roles::CLOCK) && *seconds <= TOKEN_AGE_S);
        let elapsed = elapsed.and_then(|seconds| u32::try_from(seconds).ok());
        self.outgoing.push_back(Record::Time { token: token.clone(), elapsed });
        self.report(CourierEvent::TimeDelivered);
        Pace::GoOn
    }

    /// Asks for an instant with the door's nonce. Each state draws another nonce, and none is asked for from here on.
    fn fetch_time(&mut self, now: Millis) {
        let Some(door) = self.door.as_ref().filter(|_| self.fetches_time) else { return };
        let (property, nonce) = (self.cargo.origin.property, door.nonce);
        self.fetches_time = false;
        self.awaited = Some((nonce, now));
        self.steps.push_back(CourierStep::FetchTime { property, nonce });
    }

    fn fetch_receipt(&mut self) -> Pace {
        let Some(door) = &self.door else { return Pace::GoOn };
        let is_new = self.changed_door || door.receipt > self.cargo.memory.receipt;
        if self.occasion != Occasion::Accepted || !self.cargo.room.receipt || !is_new {
            return Pace::GoOn;
        }
        self.outgoing.push_back(Record::Fetch(DoorObject::Receipt));
        self.stage = Stage::AwaitingReceipt;
        Pace::Wait
    }

    fn give_acknowledgement(&mut self) -> Pace {
        let (Some((sequence, word)), Some(door)) = (&self.cargo.memory.acknowledgement, &mut self.door)
        else {
            return Pace::GoOn;
        };
        let waits = door.log_first.0 != 0 && door.log_first <= *sequence;
        if self.occasion != Occasion::Accepted || !waits {
            return Pace::GoOn;
        }
        let sequence = *sequence;
        self.outgoing.push_back(Record::Acknowledgement(word.clone()));
        door.log_first.0 = sequence.0.saturating_add(1);
        self.report(CourierEvent::Acknowledged { sequence });
        Pace::GoOn
    }

    fn fetch_logs(&mut self) -> Pace {
        let Some(door) = &self.door else { return Pace::GoOn };
        let waits = door.log_first.0 != 0 && door.log_first < door.log_next;
        let events = self.cargo.memory.events;
        let known = events.is_some_and(|events| events.covers(door.log_first, door.log_next));
        if self.occasion != Occasion::Accepted || !self.cargo.room.batch || !waits || known {
            return Pace::GoOn;
        }
        self.outgoing.push_back(Record::Fetch(DoorObject::LogBatch));
        self.stage = Stage::AwaitingBatch(IncomingBatch::default());
        Pace::Wait
    }

    /// Whether the door's list is what this phone's credential asks for.
    pub(super) fn satisfies_requirement(&self) -> bool {
        self.door.is_some() && self.list_floor().covers(self.cargo.least_list)
    }

    fn end(&self) -> End {
        let again = match self.occasion {
            Occasion::Accepted => false,
            Occasion::Denied => self.changed_door,
            Occasion::UpdateRequired => self.satisfies_requirement(),
        };
        if again { End::AskAgain } else { End::Complete }
    }
}

/// The bulletin that the door has: of its generation, since an older one counts for none.
fn bulletin_of(door: &DoorKnowledge) -> BulletinVersion {
    BulletinVersion { generation: door.generation, epoch: door.bulletin_epoch }
}
