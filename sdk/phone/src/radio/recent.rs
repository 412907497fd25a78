//! What was heard in the last seconds, so that a tap on a listed door needs no scan.

use thumbturn_protocol::time::Millis;

use crate::link::ScanResult;

/// Most peers remembered.
const PEERS: usize = 64;
/// How long an advertisement is as good as one that is heard now.
pub(super) const FRESH_MS: u64 = 5_000;
/// How long it is better than nothing: a door keeps its address for a minute after a connection (spec §4.2).
pub(super) const OLD_MS: u64 = 60_000;

/// Peers heard lately, the newest last.
#[derive(Debug, Default)]
pub(super) struct Recent {
    heard: Vec<(ScanResult, Millis)>,
}

impl Recent {
    pub(super) fn hear(&mut self, result: &ScanResult, now: Millis) {
        let mut result = result.clone();
        if let Some(position) = self.heard.iter().position(|(known, _)| known.peer == result.peer) {
            let (known, _) = self.heard.remove(position);
            // A platform may report an advertisement without repeating its scan response.
            result.service_data = result.service_data.or(known.service_data);
        } else if self.heard.len() >= PEERS {
            self.heard.remove(0);
        }
        self.heard.push((result, now));
    }

    /// What was heard in the last `milliseconds`.
    pub(super) fn within(&self, milliseconds: u64, now: Millis) -> Vec<ScanResult> {
        self.heard
            .iter()
            .filter(|(_, at)| now.since(*at) <= milliseconds)
            .map(|(result, _)| result.clone())
            .collect()
    }
}
