//! The least peripheral: greets every subscriber and sends back what it receives. For tests of links and drivers.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use thumbturn_phone::link::ConnectionId;
use thumbturn_protocol::time::Millis;

use crate::clock::Instant;
use crate::peripheral::{Advertisement, Charge, NewAddress, Peripheral, PeripheralAction, PeripheralEvent};

/// The advertising interval that a door uses unless told otherwise: one of the values that iOS finds quickly.
pub const ADVERTISING_INTERVAL: Duration = Duration::from_micros(211_250);

/// Greets every subscriber with a fixed frame and echoes every frame to its sender.
#[derive(Clone, Debug)]
pub struct EchoPeripheral {
    greeting: Vec<u8>,
    cost: Duration,
    actions: VecDeque<PeripheralAction>,
    subscribed: BTreeMap<ConnectionId, bool>,
}

impl EchoPeripheral {
    /// An echo that greets with `greeting` and is busy for `cost` with every frame.
    #[must_use]
    pub const fn new(greeting: Vec<u8>, cost: Duration) -> Self {
        Self { greeting, cost, actions: VecDeque::new(), subscribed: BTreeMap::new() }
    }
}

impl Peripheral for EchoPeripheral {
    fn boot(&mut self, _at: Instant) -> Charge {
        let service_data = self.greeting.clone();
        self.actions.push_back(PeripheralAction::Advertise(Advertisement {
            service_data,
            address: NewAddress::Chosen,
            interval: ADVERTISING_INTERVAL,
        }));
        Charge::default()
    }

    fn power_off(&mut self) {
        self.actions.clear();
        self.subscribed.clear();
    }

    fn handle(&mut self, _now: Millis, event: PeripheralEvent) -> Charge {
        match event {
            PeripheralEvent::Connected(connection) => {
                self.subscribed.insert(connection, false);
            }
            PeripheralEvent::Subscribed(connection) => {
                self.subscribed.insert(connection, true);
                self.actions.push_back(PeripheralAction::Notify { connection, value: self.greeting.clone() });
            }
            PeripheralEvent::Received { connection, value } => {
                self.actions.push_back(PeripheralAction::Notify { connection, value });
                return Charge::busy(self.cost);
            }
            PeripheralEvent::Disconnected(connection) => {
                self.subscribed.remove(&connection);
            }
            PeripheralEvent::MtuChanged { .. } | PeripheralEvent::Writable(_) => {}
        }
        Charge::default()
    }

    fn poll(&mut self, _now: Millis) -> (PeripheralAction, Charge) {
        let action = self.actions.pop_front().unwrap_or(PeripheralAction::Idle { until: None });
        (action, Charge::default())
    }
}
