//! The GATT layout, which never changes (spec §4.1).

/// The primary service.
pub const SERVICE: u128 = 0xee9bef19_0df5_56a7_a426_53a62ce8ada5;
/// Phone → door: write, write without response.
pub const RX: u128 = 0x4de201b6_70bc_5bf5_a1b7_5a174e0c974a;
/// Door → phone: notify.
pub const TX: u128 = 0xa4ff89d8_4481_5a77_b840_16ae5a920f45;

/// The smallest ATT MTU, in force until a larger one is agreed.
pub const MIN_MTU: u16 = 23;
/// The largest ATT MTU that is made use of.
pub const MAX_MTU: u16 = 517;
