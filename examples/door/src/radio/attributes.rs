//! The attribute table (spec §4.1): our service is the last, and `rx` its last handle.

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use heapless::Vec;
use thumbturn_protocol::gatt::{RX, SERVICE, TX};
use trouble_host::prelude::*;

/// Longest value of an attribute.
pub(super) const FRAME: usize = 512;
/// Phones at once: as many as the engine has slots for. It ends one connection when the last slot is taken (§4.7), so that this
/// number of phones that ask for nothing keeps nobody out.
pub(super) const CONNECTIONS: usize = thumbturn_lock::CONNECTIONS;
/// Attributes of the table: three services, five characteristics of two each, and what a phone subscribes with.
const ATTRIBUTES: usize = 3 + 5 * 2 + 1;

/// What phones that ask for it are asked to keep to (Bluetooth Core Specification, volume 3, part C, 12.3): an interval of 15 to
/// 30 ms in units of 1.25 ms, no latency, and a supervision timeout of 4 s in units of 10 ms, all as Apple allows them.
///
/// It has a second use. With it the three characteristics of other services fill the first answer to a phone at an ATT MTU of 23.
/// Into what two of them leave free, trouble-host 0.8 would put a part of the declaration of `tx`.
const PREFERRED_CONNECTION: [u8; 8] = [12, 0, 24, 0, 0, 0, 144, 1];
const PREFERRED_CONNECTION_UUID: u16 = 0x2a04;

/// A value that goes through and is not kept.
type Frame = Vec<u8, FRAME>;

/// Where the table keeps values.
pub(super) struct Values([[u8; FRAME]; 2]);

impl Values {
    pub(super) const fn new() -> Self {
        Self([[0; FRAME]; 2])
    }
}

/// The table.
pub(super) struct Attributes<'v, P: PacketPool> {
    pub(super) server: AttributeServer<'v, NoopRawMutex, P, ATTRIBUTES, CONNECTIONS>,
    pub(super) tx: Characteristic<Frame>,
    pub(super) rx: Characteristic<Frame>,
}

impl<'v, P: PacketPool> Attributes<'v, P> {
    pub(super) fn new(values: &'v mut Values) -> Self {
        use CharacteristicProp::{Notify, Write, WriteWithoutResponse};

        let mut table = AttributeTable::new();
        let mut access = table.add_service(Service::new(service::GAP));
        access.add_characteristic_ro(characteristic::DEVICE_NAME, "");
        let appearance = &appearance::access_control::GENERIC_ACCESS_CONTROL;
        access.add_characteristic_ro(characteristic::APPEARANCE, appearance);
        access.add_characteristic_ro(Uuid::new_short(PREFERRED_CONNECTION_UUID), &PREFERRED_CONNECTION);
        table.add_service(Service::new(service::GATT));
        let [tx, rx] = &mut values.0;
        let mut door = table.add_service(Service::new(long(SERVICE)));
        let tx = door.add_characteristic(long(TX), [Notify], Frame::new(), tx).build();
        let rx = door.add_characteristic(long(RX), [Write, WriteWithoutResponse], Frame::new(), rx).build();
        Self { server: AttributeServer::new(table), tx, rx }
    }
}

const fn long(uuid: u128) -> Uuid {
    Uuid::new_long(uuid.to_le_bytes())
}
