//! The attribute table (spec §4.1): our service is the last, and `rx` its last handle.

#![expect(unused_qualifications, clippy::useless_conversion, reason = "what the macros write")]

use heapless::Vec;
use thumbturn_protocol::gatt::{RX, SERVICE, TX};
use trouble_host::prelude::*;

use super::pool::Pool;

/// Longest value of an attribute.
pub(super) const FRAME: usize = 512;

/// The table.
#[gatt_server(connections_max = 3, packet_type = Pool)]
pub(super) struct Attributes {
    pub(super) door: Door,
}

/// The one service of ours.
#[gatt_service(uuid = long(SERVICE))]
pub(super) struct Door {
    #[characteristic(uuid = long(TX), notify)]
    pub(super) tx: Vec<u8, FRAME>,
    #[characteristic(uuid = long(RX), write, write_without_response)]
    pub(super) rx: Vec<u8, FRAME>,
}

const fn long(uuid: u128) -> Uuid {
    Uuid::new_long(uuid.to_le_bytes())
}
