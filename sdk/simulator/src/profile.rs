//! How a phone's platform behaves: scan duty, connection parameters, MTU, discovery, queues.

use core::time::Duration;

/// What a phone remembers of a service that it has discovered once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceCache {
    /// Nothing: every connection discovers in full.
    Never,
    /// The layout, trusted without a question.
    Trusted,
    /// The layout, confirmed by reading the GATT database hash: one request (Bluetooth Core 5.1, robust caching).
    DatabaseHash,
}

/// A phone's platform. Make one with a constructor and change what the test is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneProfile {
    /// The receiver listens for so long …
    pub scan_window: Duration,
    /// … once in so long.
    pub scan_interval: Duration,
    /// Whether scan responses are asked for (iOS in the background does not).
    pub hears_scan_response: bool,
    /// Scan starts within 30 s above which a scan hears nothing, silently.
    pub scan_starts_per_30_s: Option<usize>,
    /// Time between the radio and the app, in each direction.
    pub host_latency: Duration,
    /// How long a connection attempt may wait for the peer before the platform gives up with code 133.
    pub connect_timeout: Option<Duration>,
    /// Connection interval after connecting.
    pub interval: Duration,
    /// Connection interval after `prefer(Fast)`.
    pub fast_interval: Duration,
    /// Connection interval after `prefer(Bulk)`.
    pub bulk_interval: Duration,
    /// Link-layer packets in each direction in one connection event.
    pub packets_per_event: u16,
    /// Largest link-layer payload, 27…251; the door's radio takes 251.
    pub data_length: u16,
    /// ATT MTU that the phone asks for; the door's radio takes 517.
    pub mtu: u16,
    /// The platform exchanges the MTU by itself while it connects.
    pub mtu_on_connect: bool,
    /// What it remembers of services.
    pub service_cache: ServiceCache,
    /// Writes without response that its queue takes before it refuses.
    pub write_queue: usize,
}

impl PhoneProfile {
    /// An Android phone with the app in the foreground, scanning with low latency.
    #[must_use]
    pub const fn android() -> Self {
        Self {
            scan_window: Duration::from_millis(4_096),
            scan_interval: Duration::from_millis(4_096),
            hears_scan_response: true,
            scan_starts_per_30_s: Some(5),
            host_latency: Duration::from_millis(2),
            connect_timeout: Some(Duration::from_secs(30)),
            interval: Duration::from_millis(30),
            fast_interval: Duration::from_micros(15_000),
            bulk_interval: Duration::from_millis(30),
            packets_per_event: 6,
            data_length: 251,
            mtu: 517,
            mtu_on_connect: false,
            service_cache: ServiceCache::Trusted,
            write_queue: 8,
        }
    }

    /// An iPhone with the app in the foreground.
    #[must_use]
    pub const fn ios() -> Self {
        Self {
            scan_window: Duration::from_millis(30),
            scan_interval: Duration::from_millis(40),
            scan_starts_per_30_s: None,
            connect_timeout: None,
            fast_interval: Duration::from_millis(30),
            packets_per_event: 4,
            mtu: 185,
            mtu_on_connect: true,
            ..Self::android()
        }
    }

    /// An iPhone with the app in the background: rare scan windows and no scan responses.
    #[must_use]
    pub const fn ios_background() -> Self {
        Self {
            scan_window: Duration::from_millis(30),
            scan_interval: Duration::from_millis(300),
            hears_scan_response: false,
            ..Self::ios()
        }
    }

    /// This phone with another MTU; at 23 it also keeps the shortest link-layer packets.
    #[must_use]
    pub const fn with_mtu(mut self, mtu: u16) -> Self {
        self.mtu = if mtu < 23 {
            23
        } else if mtu > 517 {
            517
        } else {
            mtu
        };
        if mtu <= 23 {
            self.data_length = 27;
        }
        self
    }
}

impl Default for PhoneProfile {
    fn default() -> Self {
        Self::android()
    }
}
