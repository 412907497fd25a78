//! A phone as the air knows it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use thumbturn_phone::link::{AdapterState, ConnectionEvent, ConnectionId, LinkError, PeerId, ScanEvent};
use thumbturn_phone::queue::EventQueue;

use super::DoorIndex;
use crate::clock::Instant;
use crate::profile::PhoneProfile;
use crate::radio::place::Walk;
use crate::reply::Reply;

/// Names one call of `connect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AttemptId(pub(crate) u64);

/// A scan that is running.
pub(crate) struct Scan {
    pub(crate) events: Arc<EventQueue<ScanEvent>>,
    /// A moment at which a scan window opens.
    pub(crate) window: Instant,
    pub(crate) heard: BTreeSet<DoorIndex>,
    /// Android counts too many starts and then hears nothing, without saying so.
    pub(crate) throttled: bool,
}

/// A `connect` call that waits for the peer's next advertisement.
pub(crate) struct Initiation {
    pub(crate) peer: PeerId,
    pub(crate) events: Arc<EventQueue<ConnectionEvent>>,
    pub(crate) reply: Reply<Result<ConnectionId, LinkError>>,
}

pub(crate) struct PhoneStation {
    pub(crate) profile: PhoneProfile,
    pub(crate) walk: Walk,
    pub(crate) adapter: AdapterState,
    pub(crate) scan: Option<Scan>,
    pub(crate) scan_starts: VecDeque<Instant>,
    pub(crate) initiations: BTreeMap<AttemptId, Initiation>,
    /// Codes with which the next attempts fail.
    pub(crate) connect_failures: VecDeque<i32>,
    /// Addresses behind which the phone remembers our service. A door that is not bonded and comes with a new address is a
    /// stranger to a phone's platform.
    pub(crate) known_services: BTreeSet<PeerId>,
}

impl PhoneStation {
    pub(crate) fn new(profile: PhoneProfile, walk: Walk) -> Self {
        Self {
            profile,
            walk,
            adapter: AdapterState::On,
            scan: None,
            scan_starts: VecDeque::new(),
            initiations: BTreeMap::new(),
            connect_failures: VecDeque::new(),
            known_services: BTreeSet::new(),
        }
    }
}
