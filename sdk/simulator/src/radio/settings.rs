//! The adjustable properties of the air.

use core::time::Duration;

/// The properties of the air of one world. The defaults describe an ordinary corridor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RadioSettings {
    /// Loss in dB over the first metre, antennas and bodies included.
    pub loss_at_one_metre: u8,
    /// Further loss in tenths of a dB for each doubling of the distance (60 in free space, more indoors).
    pub loss_per_doubling: u8,
    /// Fading in dB: each packet is up to twice this stronger or weaker.
    pub fading: u8,
    /// Radio loss of a link-layer packet at good signal, in parts per million. Lost packets are sent again one
    /// connection interval later; nothing is reordered.
    pub packet_loss: u32,
    /// Chance that a scan response is missed although the advertisement was heard, in parts per million.
    pub scan_response_loss: u32,
    /// Host drop: chance that a write without response or a notification vanishes silently, in parts per million.
    pub host_drop: u32,
    /// Chance that a connection attempt fails with the platform's code 133, in parts per million.
    pub connect_failure: u32,
    /// A connection on which nothing was heard for so long is over.
    pub supervision_timeout: Duration,
}

impl Default for RadioSettings {
    fn default() -> Self {
        Self {
            loss_at_one_metre: 55,
            loss_per_doubling: 75,
            fading: 4,
            packet_loss: 10_000,
            scan_response_loss: 50_000,
            host_drop: 0,
            connect_failure: 0,
            supervision_timeout: Duration::from_secs(4),
        }
    }
}

impl RadioSettings {
    /// An air without noise, fading or loss: what is left is arithmetic.
    #[must_use]
    pub fn perfect() -> Self {
        Self { fading: 0, packet_loss: 0, scan_response_loss: 0, ..Self::default() }
    }
}
