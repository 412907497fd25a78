//! Which doors are there, as a machine without I/O: advertisements in, a steady list out.

use core::cmp::Reverse;

use thumbturn_protocol::advertisement::{Advertisement, Hint};
use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::time::Millis;

use crate::link::{PeerId, ScanResult};
use crate::nearby::smoothing::Signal;
use crate::nearby::{Distance, NearbyDoor};
use crate::wallet::Wallet;

/// Most doors and unresolved peers followed at once.
const TRACKED: usize = 64;
/// Most advertisements of which it is remembered whose they are.
const RESOLVED: usize = 128;
/// A door appears at this signal strength in dBm…
const APPEARS: i32 = -88;
/// …and disappears below this one.
const DISAPPEARS: i32 = -94;
/// A door is at hand from this one…
const AT_HAND: i32 = -60;
/// …until it falls below this one.
const NOT_AT_HAND: i32 = -67;
/// A door that is not heard for so many milliseconds is gone.
const SILENCE_MS: u64 = 6_000;

/// Follows the doors around.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    tracked: Vec<Tracked>,
    /// What advertisements resolved to: their tag stays the same for a quarter of an hour, trying all keys is done once.
    resolved: Vec<Resolved>,
    /// The wallet's contents that `resolved` was made with.
    revision: u64,
}

/// An advertisement, and the door of this wallet that it names.
#[derive(Debug)]
struct Resolved {
    data: Vec<u8>,
    door: Option<(DoorId, Hint)>,
}

#[derive(Debug)]
struct Tracked {
    door: Option<DoorId>,
    peer: PeerId,
    hint: Option<Hint>,
    signal: Signal,
    last_heard: Millis,
    visible: bool,
    at_hand: bool,
}

impl Tracker {
    /// Takes an advertisement.
    pub(super) fn hear(&mut self, result: &ScanResult, wallet: &Wallet, now: Millis) {
        let resolved = match &result.service_data {
            None => None,
            Some(data) => match self.resolve(data, wallet) {
                Some(resolved) => Some(resolved),
                None => {
                    // Somebody else's door.
                    self.tracked.retain(|tracked| tracked.peer != result.peer);
                    return;
                }
            },
        };
        let position = self.position(result, resolved.map(|(door, _)| door));
        let tracked = match position.and_then(|position| self.tracked.get_mut(position)) {
            Some(tracked) => tracked,
            None => match self.admit(result, now) {
                Some(tracked) => tracked,
                None => return,
            },
        };
        if let Some((door, hint)) = resolved {
            tracked.door = Some(door);
            tracked.hint = Some(hint);
        }
        tracked.peer = result.peer.clone();
        // One that was just admitted has this sample already.
        if position.is_some() {
            tracked.signal.sample(result.signal_dbm);
        }
        tracked.last_heard = now;
        tracked.judge();
    }

    /// The doors to show, the strongest first, unresolved ones last.
    pub(super) fn doors(&self) -> Vec<NearbyDoor> {
        let mut visible: Vec<&Tracked> = self.tracked.iter().filter(|tracked| tracked.visible).collect();
        visible.sort_by_key(|tracked| (tracked.door.is_none(), Reverse(tracked.signal.dbm()), tracked.door));
        visible.into_iter().map(Tracked::shown).collect()
    }

    pub(super) fn forget_silent(&mut self, now: Millis) {
        self.tracked.retain(|tracked| now.since(tracked.last_heard) < SILENCE_MS);
    }

    /// Nobody listened until now, so nobody was silent.
    pub(super) fn excuse_silence(&mut self, now: Millis) {
        for tracked in &mut self.tracked {
            tracked.last_heard = now;
        }
    }

    pub(super) fn clear(&mut self) {
        self.tracked.clear();
    }

    /// Where the door or peer is followed. A door keeps its place when its address rotates, and a peer that was
    /// unresolved until now becomes the door.
    fn position(&mut self, result: &ScanResult, door: Option<DoorId>) -> Option<usize> {
        let of_peer = self.tracked.iter().position(|tracked| tracked.peer == result.peer);
        let Some(door) = door else { return of_peer };
        let of_door = self.tracked.iter().position(|tracked| tracked.door == Some(door));
        if let (Some(peer), Some(door)) = (of_peer, of_door)
            && peer != door
        {
            self.tracked.remove(peer);
            return Some(if peer < door { door - 1 } else { door });
        }
        of_door.or(of_peer)
    }

    /// Begins to follow; when there is no room the weakest peer goes, unless the new one is weaker still.
    fn admit(&mut self, result: &ScanResult, now: Millis) -> Option<&mut Tracked> {
        if self.tracked.len() >= TRACKED {
            let strength = |tracked: &Tracked| (tracked.door.is_some(), tracked.signal.smoothed_dbm());
            let (position, weakest) =
                self.tracked.iter().enumerate().min_by_key(|(_, tracked)| strength(tracked))?;
            if strength(weakest) >= (false, i32::from(result.signal_dbm)) {
                return None;
            }
            self.tracked.remove(position);
        }
        self.tracked.push(Tracked {
            door: None,
            peer: result.peer.clone(),
            hint: None,
            signal: Signal::new(result.signal_dbm),
            last_heard: now,
            visible: false,
            at_hand: false,
        });
        self.tracked.last_mut()
    }

    fn resolve(&mut self, data: &[u8], wallet: &Wallet) -> Option<(DoorId, Hint)> {
        let revision = wallet.revision();
        if self.revision != revision {
            self.revision = revision;
            self.resolved.clear();
        }
        if let Some(known) = self.resolved.iter().find(|known| known.data == data) {
            return known.door;
        }
        let door = Advertisement::parse(data).ok().and_then(|advertisement| wallet.resolve(&advertisement));
        if self.resolved.len() >= RESOLVED {
            self.resolved.remove(0);
        }
        self.resolved.push(Resolved { data: data.to_vec(), door });
        door
    }
}

impl Tracked {
    fn judge(&mut self) {
        let level = self.signal.smoothed_dbm();
        self.visible = level >= if self.visible { DISAPPEARS } else { APPEARS };
        self.at_hand = level >= if self.at_hand { NOT_AT_HAND } else { AT_HAND };
    }

    fn shown(&self) -> NearbyDoor {
        NearbyDoor {
            door: self.door,
            peer: self.peer.clone(),
            signal_dbm: self.signal.dbm(),
            distance: if self.at_hand { Distance::AtHand } else { Distance::InRange },
            hint: self.hint,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Phone, Property, TestRandom};

    fn wallet() -> Wallet {
        Phone::new(1).enrol(&Property::new(&mut TestRandom(1)))
    }

    fn unresolved(signal_dbm: i8) -> ScanResult {
        ScanResult { peer: PeerId("peer".into()), signal_dbm, service_data: None }
    }

    /// Hears `signal_dbm` until the average has settled; whether the peer is shown then, and how near.
    fn settle(tracker: &mut Tracker, wallet: &Wallet, signal_dbm: i8) -> Option<Distance> {
        for _ in 0..64 {
            tracker.hear(&unresolved(signal_dbm), wallet, Millis(0));
        }
        tracker.doors().first().map(|door| door.distance)
    }

    #[test]
    fn a_door_appears_and_disappears_at_different_strengths() {
        let (mut tracker, wallet) = (Tracker::default(), wallet());
        let mut shown = |signal_dbm| settle(&mut tracker, &wallet, signal_dbm).is_some();
        assert_eq!([-92, -86, -92, -96, -92].map(&mut shown), [false, true, true, false, false]);
    }

    #[test]
    fn a_door_is_at_hand_and_not_any_more_at_different_strengths() {
        let (mut tracker, wallet) = (Tracker::default(), wallet());
        let mut near = |signal_dbm| settle(&mut tracker, &wallet, signal_dbm) == Some(Distance::AtHand);
        assert_eq!([-64, -56, -64, -72, -64].map(&mut near), [false, true, true, false, false]);
    }

    #[test]
    fn what_is_followed_is_bounded_and_the_weakest_goes_first() {
        let (mut tracker, wallet) = (Tracker::default(), wallet());
        for index in 0..300_u16 {
            let signal_dbm = if index == 7 { -90 } else { -50 };
            let peer = PeerId(index.to_string());
            tracker.hear(&ScanResult { peer, signal_dbm, service_data: None }, &wallet, Millis(0));
        }
        assert_eq!(tracker.tracked.len(), TRACKED);
        assert!(!tracker.tracked.iter().any(|tracked| tracked.peer == PeerId("7".into())));
    }
}
