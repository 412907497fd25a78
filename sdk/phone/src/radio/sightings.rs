//! Which of the peers that were heard is tried next.

use core::cmp::Reverse;

use thumbturn_protocol::time::Millis;

use crate::conversation::Recognition;
use crate::link::{PeerId, ScanResult};
use crate::radio::policy::{FAILURES_OF_A_PEER, back_off};

/// Most peers kept: more doors than a phone hears at once.
const PEERS: usize = 64;

/// A peer that is the wanted door or may be it.
#[derive(Clone, Debug)]
struct Sighting {
    peer: PeerId,
    signal_dbm: i8,
    recognition: Recognition,
    first_heard: Millis,
    failures: u32,
    not_before: Millis,
}

impl Sighting {
    /// Who comes first: the door itself, then who failed least, then the strongest.
    fn turn(&self) -> (bool, u32, Reverse<i8>) {
        (self.recognition == Recognition::Unresolved, self.failures, Reverse(self.signal_dbm))
    }
}

/// What an intent has heard.
#[derive(Debug, Default)]
pub(super) struct Sightings {
    peers: Vec<Sighting>,
    /// Peers whose hello has named another door, or whose tag is another's.
    others: Vec<PeerId>,
    heard_any: bool,
}

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// Connect to this peer.
    Try(PeerId, Recognition),
    /// A peer that failed may be tried again at this instant; listening does not help.
    BackOff(Millis),
    /// A peer that may be the door is tried at this instant unless the door itself is heard before.
    Later(Millis),
    /// Nothing to try: listen.
    Nothing,
}

impl Sightings {
    /// Takes an advertisement. `recognised`: what its service data says, `None` without service data.
    pub(super) fn hear(&mut self, result: &ScanResult, recognised: Option<bool>, now: Millis) {
        if self.others.contains(&result.peer) {
            return;
        }
        let recognition = match recognised {
            Some(false) => {
                self.exclude(&result.peer);
                return;
            }
            Some(true) => Recognition::Recognised,
            None => Recognition::Unresolved,
        };
        self.heard_any = true;
        if let Some(known) = self.peers.iter_mut().find(|known| known.peer == result.peer) {
            known.signal_dbm = result.signal_dbm;
            if recognition == Recognition::Recognised {
                known.recognition = recognition;
            }
        } else {
            self.peers.push(Sighting {
                peer: result.peer.clone(),
                signal_dbm: result.signal_dbm,
                recognition,
                first_heard: now,
                failures: 0,
                not_before: now,
            });
            self.forget_the_last_in_line();
        }
    }

    /// Keeps at most [`PEERS`], also of those that advertise as the door does: anybody can repeat an advertisement.
    fn forget_the_last_in_line(&mut self) {
        let last = self.peers.iter().enumerate().max_by_key(|(_, sighting)| sighting.turn());
        if let Some((position, _)) = last.filter(|_| self.peers.len() > PEERS) {
            self.peers.remove(position);
        }
    }

    /// Whether anything was heard that is or may be the door.
    pub(super) const fn heard_any(&self) -> bool {
        self.heard_any
    }

    /// The peer to try: the door itself, the strongest first; without it, and after `patience`, one that may be it.
    pub(super) fn choose(&self, patience: u64, now: Millis) -> Choice {
        let ready = |sighting: &Sighting| match sighting.recognition {
            Recognition::Recognised => sighting.not_before,
            Recognition::Unresolved => sighting.not_before.max(sighting.first_heard.plus(patience)),
        };
        let best = self.peers.iter().min_by_key(|sighting| sighting.turn());
        match best {
            None => Choice::Nothing,
            Some(sighting) if ready(sighting) <= now => {
                Choice::Try(sighting.peer.clone(), sighting.recognition)
            }
            Some(sighting) if sighting.failures > 0 => Choice::BackOff(ready(sighting)),
            Some(sighting) => Choice::Later(ready(sighting)),
        }
    }

    /// A connection to the peer failed or led nowhere.
    pub(super) fn failed(&mut self, peer: &PeerId, now: Millis) {
        let Some(position) = self.peers.iter().position(|known| known.peer == *peer) else { return };
        let Some(known) = self.peers.get_mut(position) else { return };
        known.failures = known.failures.saturating_add(1);
        known.not_before = now.plus(back_off(known.failures));
        if known.failures >= FAILURES_OF_A_PEER {
            self.peers.remove(position);
        }
    }

    /// The peer is tried again only once it was heard again.
    pub(super) fn forget(&mut self, peer: &PeerId) {
        self.peers.retain(|known| known.peer != *peer);
    }

    /// The peer is another door.
    pub(super) fn exclude(&mut self, peer: &PeerId) {
        self.peers.retain(|known| known.peer != *peer);
        if self.others.len() >= PEERS {
            self.others.remove(0);
        }
        self.others.push(peer.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(number: usize, signal_dbm: i8) -> ScanResult {
        ScanResult { peer: PeerId(format!("{number}")), signal_dbm, service_data: None }
    }

    /// Whoever repeats a door's advertisement under address after address.
    #[test]
    fn peers_are_bounded_whatever_they_advertise_and_the_first_in_line_stays() {
        for recognised in [None, Some(true)] {
            let mut sightings = Sightings::default();
            sightings.hear(&heard(0, -40), Some(true), Millis(0));
            for number in 1..1_000 {
                sightings.hear(&heard(number, -50), recognised, Millis(0));
            }
            assert!(sightings.peers.len() <= PEERS, "{}", sightings.peers.len());
            let first = Choice::Try(PeerId("0".to_owned()), Recognition::Recognised);
            assert_eq!(sightings.choose(0, Millis(0)), first);
            sightings.hear(&heard(1_000, -30), Some(true), Millis(0));
            let stronger = Choice::Try(PeerId("1000".to_owned()), Recognition::Recognised);
            assert_eq!(sightings.choose(0, Millis(0)), stronger);
        }
    }
}
