//! A phone on the bench that hands updates over: chunk by chunk, each piece when the test says so (spec §7.3).

use thumbturn_protocol::bounded::{Bytes, List};
use thumbturn_protocol::ids::ListVersion;
use thumbturn_protocol::limits;
use thumbturn_protocol::record::{Progress, Record, UpdateRefusal};
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_protocol::update::tree::ChunkTree;

use crate::bench_door::BenchDoor;
use crate::conversation::Conversation;

/// A parcel in the hands of a phone.
#[derive(Debug)]
pub struct Courier<'a> {
    parcel: &'a Parcel,
    tree: ChunkTree,
    /// No chunk was sent since the last offer.
    is_first: bool,
    /// Bytes of chunks that were sent.
    pub sent: usize,
}

impl<'a> Courier<'a> {
    /// A phone with this parcel.
    #[must_use]
    pub fn new(parcel: &'a Parcel) -> Self {
        Self { parcel, tree: ChunkTree::of(parcel), is_first: true, sent: 0 }
    }

    /// How many chunks it has.
    #[must_use]
    pub fn chunks(&self) -> u16 {
        self.parcel.size().chunks()
    }

    /// Offers the parcel; gives what the door says.
    ///
    /// # Panics
    ///
    /// When it says nothing about it.
    pub fn offer(&mut self, session: &mut Conversation, door: &mut BenchDoor) -> Progress {
        self.is_first = true;
        let header = Bytes::try_from(self.parcel.header().as_bytes()).expect("a header");
        let heard = session.say(door, &Record::Offer(header));
        self.last_progress(&heard).expect("an answer to the offer")
    }

    /// The records that carry a chunk: its proof, if there is one, and its pieces.
    ///
    /// # Panics
    ///
    /// When the parcel has no such chunk.
    pub fn records(&mut self, chunk: u16) -> Vec<Record> {
        let first = std::mem::replace(&mut self.is_first, false);
        let nodes = if first { self.tree.audit_path(chunk) } else { self.tree.continuation(chunk) };
        let proof = List::try_from(nodes).ok().map(|nodes| Record::Proof { chunk, nodes });
        let sealed = self.parcel.chunk(chunk).expect("a chunk of the parcel");
        let pieces = sealed.chunks(limits::RECORD_PIECE).zip(0..).map(|(bytes, number)| Record::Piece {
            chunk,
            offset: number * u16::try_from(limits::RECORD_PIECE).expect("a short piece"),
            bytes: Bytes::try_from(bytes).expect("a piece"),
        });
        proof.into_iter().chain(pieces).collect()
    }

    /// Sends one chunk; gives what the door says last about it.
    pub fn send_chunk(
        &mut self,
        session: &mut Conversation,
        door: &mut BenchDoor,
        chunk: u16,
    ) -> Option<Progress> {
        let mut progress = None;
        for record in self.records(chunk) {
            let heard = session.say(door, &record);
            if let Record::Piece { bytes, .. } = &record {
                self.sent += bytes.len();
            }
            progress = self.last_progress(&heard).or(progress);
        }
        progress
    }

    /// Offers the parcel and sends what the door lacks; gives the last thing that the door says.
    ///
    /// # Panics
    ///
    /// When the door falls silent.
    pub fn deliver(&mut self, session: &mut Conversation, door: &mut BenchDoor) -> Progress {
        let mut progress = self.offer(session, door);
        while let Progress::Next { chunk, offset: 0 } = progress {
            progress = self.send_chunk(session, door, chunk).expect("progress after a chunk");
        }
        progress
    }

    fn last_progress(&self, heard: &[Record]) -> Option<Progress> {
        heard.iter().rev().find_map(|record| match record {
            Record::Progress { update, progress } => {
                assert_eq!(*update, self.parcel.id(), "another update");
                Some(*progress)
            }
            _ => None,
        })
    }
}

/// What a door says that has applied an update.
#[must_use]
pub const fn applied(list_version: ListVersion) -> Progress {
    Progress::Applied { list_version }
}

/// What a door says that does not take an update.
#[must_use]
pub const fn refused(refusal: UpdateRefusal) -> Progress {
    Progress::Refused(refusal)
}
