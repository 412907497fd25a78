//! What a claim knows about its present connection.

use thumbturn_protocol::claim::Claimer;
use thumbturn_protocol::frame::{AttMtu, Fragmenter, Message, MessageType, Reassembler};
use thumbturn_protocol::hello::{HELLO_PATIENCE_MS, HELLO_REQUESTS};
use thumbturn_protocol::keys::DoorPublicKeys;
use thumbturn_protocol::limits;
use thumbturn_protocol::record::Records;
use thumbturn_protocol::time::Millis;

use crate::conversation::{HangUp, Recognition};

/// Longest claim answer: an ephemeral key, three public keys, a tag, with room.
const CLAIM_ANSWER: usize = 256;

pub(super) struct Connection {
    pub(super) recognition: Recognition,
    pub(super) reassembler: Reassembler,
    pub(super) outgoing: Option<Outgoing>,
    hello_requests: u8,
    pub(super) phase: Phase,
}

pub(super) struct Outgoing {
    pub(super) fragmenter: Fragmenter<Vec<u8>>,
    pub(super) frame: Option<Vec<u8>>,
    /// Set when the message is a confirmation: from its last frame on the door may keep the claim.
    pub(super) confirms: Option<DoorPublicKeys>,
}

pub(super) enum Phase {
    AwaitHello { ask_at: Millis },
    AwaitAnswer { claimer: Box<Claimer>, until: Millis },
    AwaitClaimed { keys: DoorPublicKeys, records: Records, until: Millis },
    Pause { until: Millis },
    Unusable(HangUp),
}

impl Phase {
    pub(super) const fn deadline(&self) -> Option<Millis> {
        match self {
            Self::AwaitHello { ask_at: until }
            | Self::AwaitAnswer { until, .. }
            | Self::AwaitClaimed { until, .. }
            | Self::Pause { until } => Some(*until),
            Self::Unusable(_) => None,
        }
    }
}

impl Connection {
    pub(super) fn ask_for_hello(&mut self, now: Millis) {
        match Fragmenter::new(MessageType::HelloRequest, Vec::new()) {
            Ok(fragmenter) if self.hello_requests < HELLO_REQUESTS => {
                self.hello_requests += 1;
                self.outgoing = Some(Outgoing { fragmenter, frame: None, confirms: None });
                self.phase = Phase::AwaitHello { ask_at: now.plus(HELLO_PATIENCE_MS) };
            }
            Ok(_) | Err(_) => self.phase = Phase::Unusable(HangUp::Silent),
        }
    }

    pub(super) fn new(recognition: Recognition, now: Millis) -> Self {
        Self {
            recognition,
            reassembler: Reassembler::new(),
            outgoing: None,
            hello_requests: 0,
            phase: Phase::AwaitHello { ask_at: now.plus(HELLO_PATIENCE_MS) },
        }
    }

    /// The message that this frame completes.
    pub(super) fn receive(&mut self, frame: &[u8]) -> Option<Message> {
        self.reassembler.receive(frame, |message_type| match message_type {
            MessageType::Hello => Some(19),
            MessageType::ClaimAnswer => Some(CLAIM_ANSWER),
            MessageType::Record => Some(limits::RECORD_MESSAGE),
            MessageType::NotAccepted => Some(1),
            MessageType::HelloRequest
            | MessageType::FullRequest
            | MessageType::FullAnswer
            | MessageType::FastRequest
            | MessageType::FastAnswer
            | MessageType::ClaimRequest => None,
        })
    }

    /// The frame to write now, if any.
    pub(super) fn next_frame(&mut self, mtu: AttMtu) -> Option<Vec<u8>> {
        let outgoing = self.outgoing.as_mut()?;
        if outgoing.frame.is_none() {
            outgoing.frame = outgoing.fragmenter.next_frame(mtu);
        }
        outgoing.frame.clone()
    }
}
