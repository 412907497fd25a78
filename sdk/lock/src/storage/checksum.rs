//! CRC-32 (IEEE 802.3): tells a record from the remains of a torn one. Not a protection against forgery.

use crc::{CRC_32_ISO_HDLC, Crc, Digest};

/// One table of 1 KiB: half the time of a nibble table for every record read, which is on the way to the bolt.
static CRC_32: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

/// The CRC-32 of the concatenation of `parts`; never 0, so that a record overwritten with zeros is never valid.
pub(super) fn checksum(parts: &[&[u8]]) -> u32 {
    let mut checksum = Checksum::new();
    for part in parts {
        checksum.update(part);
    }
    checksum.finish()
}

/// A checksum of bytes that come one after the other.
pub(super) struct Checksum(Digest<'static, u32>);

impl Checksum {
    pub(super) fn new() -> Self {
        Self(CRC_32.digest())
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn finish(self) -> u32 {
        self.0.finalize().max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_the_published_check_value() {
        assert_eq!(checksum(&[b"1234", b"56789"]), 0xcbf4_3926);
    }
}
