//! Memory for packets: this machine has plenty, so that each is allocated when it is needed.

use trouble_host::{Packet, PacketPool};

/// What L2CAP adds to an attribute packet.
const L2CAP_HEADER: usize = 4;

/// Gives packets for an ATT MTU, which is what the door agrees to at most.
pub(super) struct Pool<const ATT_MTU: usize>;

/// One packet's memory.
pub(super) struct Memory(Box<[u8]>);

impl AsRef<[u8]> for Memory {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl AsMut<[u8]> for Memory {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Packet for Memory {}

impl<const ATT_MTU: usize> PacketPool for Pool<ATT_MTU> {
    type Packet = Memory;

    const MTU: usize = ATT_MTU + L2CAP_HEADER;

    fn allocate() -> Option<Memory> {
        Some(Memory(vec![0; Self::MTU].into_boxed_slice()))
    }

    /// What the host promises its peers: more than it would ever hold.
    fn capacity() -> usize {
        64
    }
}
