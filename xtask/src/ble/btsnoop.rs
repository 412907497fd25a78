//! Captures of `btmon`: the btsnoop format (RFC 1761's header, with HCI packets of all controllers in it).

use crate::failure::Failure;

const MAGIC: &[u8] = b"btsnoop\0";
const HEADER: usize = 16;
const RECORD: usize = 24;
/// The kinds of `btmon`'s records that carry connection data, in the low half of the flags.
const ACL_SENT: u32 = 4;
const ACL_RECEIVED: u32 = 5;

/// Connection data that passed between a host and its controller.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Data {
    /// Which controller: the number of its `hci` device.
    pub(super) controller: u16,
    pub(super) is_sent: bool,
    /// Handle and flags, length, and what follows.
    pub(super) packet: Vec<u8>,
}

/// All connection data of a capture, in order.
pub(super) fn read(capture: &[u8]) -> Result<Vec<Data>, Failure> {
    let broken = || Failure::unexpected("btmon", "a capture that is not in the btsnoop format");
    let mut rest =
        capture.strip_prefix(MAGIC).and_then(|rest| rest.get(HEADER - MAGIC.len()..)).ok_or_else(broken)?;
    let mut all = Vec::new();
    while !rest.is_empty() {
        let header = rest.get(..RECORD).ok_or_else(broken)?;
        let field = |at: usize| {
            let bytes = header.get(at..at + 4)?.try_into().ok()?;
            Some(u32::from_be_bytes(bytes))
        };
        let (length, flags) = (field(4).ok_or_else(broken)?, field(8).ok_or_else(broken)?);
        let end = RECORD + usize::try_from(length).map_err(|_| broken())?;
        let packet = rest.get(RECORD..end).ok_or_else(broken)?;
        let (controller, kind) = (flags >> 16, flags & 0xffff);
        if kind == ACL_SENT || kind == ACL_RECEIVED {
            let controller = u16::try_from(controller).map_err(|_| broken())?;
            all.push(Data { controller, is_sent: kind == ACL_SENT, packet: packet.to_vec() });
        }
        rest = rest.get(end..).unwrap_or_default();
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(flags: u32, packet: &[u8]) -> Vec<u8> {
        let length = u32::try_from(packet.len()).unwrap().to_be_bytes();
        [length.as_slice(), &length, &flags.to_be_bytes(), &[0; 12], packet].concat()
    }

    #[test]
    fn connection_data_is_found_among_other_records() {
        let header = [MAGIC, &[0, 0, 0, 1, 0, 0, 7, 0xd1]].concat();
        let capture =
            [header, record(2, &[1, 2]), record(1 << 16 | ACL_SENT, &[3]), record(ACL_RECEIVED, &[4])];
        let sent = Data { controller: 1, is_sent: true, packet: vec![3] };
        let received = Data { controller: 0, is_sent: false, packet: vec![4] };
        assert_eq!(read(&capture.concat()).unwrap(), [sent, received]);
    }

    #[test]
    fn what_ends_within_a_record_is_refused() {
        let whole = [MAGIC, &[0; 8], record(ACL_SENT, &[1, 2, 3]).as_slice()].concat();
        assert!(read(&whole).is_ok());
        for length in [0, 7, 15, 17, whole.len() - 1] {
            assert!(read(&whole[..length]).is_err(), "{length}");
        }
    }
}
