//! Link-layer arithmetic: how long packets are in the air and how many an attribute value needs (LE 1M PHY).

use core::time::Duration;

/// Attribute protocol header of a write or a notification: opcode and handle.
pub const ATT_HEADER: u16 = 3;
/// L2CAP header in front of every attribute protocol packet.
pub const L2CAP_HEADER: u16 = 4;
/// Silence between two packets of one connection event.
pub const INTER_FRAME_SPACE: Duration = Duration::from_micros(150);
/// Preamble, access address, header and CRC of a packet, in bytes.
const PACKET_OVERHEAD: u16 = 10;
const MICROSECONDS_PER_BYTE: u64 = 8;
/// The link layer adds up to this, by chance, to every advertising interval (Bluetooth Core 5.4 Vol 6 Part B 4.4.2.2.1).
pub const LARGEST_ADVERTISING_DELAY: Duration = Duration::from_millis(10);
/// Transmitter on time of one advertising event: three packets of 31 bytes and address.
pub(crate) const ADVERTISING_TRANSMIT: Duration = Duration::from_micros(3 * 376);
/// Receiver on time of one advertising event: waiting for a request after each packet.
pub(crate) const ADVERTISING_LISTEN: Duration = Duration::from_micros(3 * 230);

/// Time in the air of a link-layer packet with `payload` bytes.
#[must_use]
pub fn air_time(payload: u16) -> Duration {
    Duration::from_micros(u64::from(payload.saturating_add(PACKET_OVERHEAD)) * MICROSECONDS_PER_BYTE)
}

/// Link-layer packets that an attribute protocol packet of `att_bytes` needs at `data_length` bytes of payload each.
#[must_use]
pub fn fragments(att_bytes: u16, data_length: u16) -> u16 {
    att_bytes.saturating_add(L2CAP_HEADER).div_ceil(data_length.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_bytes_fit_one_packet_at_the_default_data_length() {
        assert_eq!(fragments(ATT_HEADER + 20, 27), 1);
        assert_eq!(fragments(ATT_HEADER + 21, 27), 2);
    }

    #[test]
    fn an_empty_packet_takes_80_microseconds() {
        assert_eq!(air_time(0), Duration::from_micros(80));
        assert_eq!(air_time(251), Duration::from_micros(2_088));
    }
}
