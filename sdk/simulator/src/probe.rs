//! The protocol without a phone: one exchange at a time, each step in the caller's hand. For tests of doors.
//!
//! A [`Probe`] follows the specification to the letter but has no policy: it retries nothing, remembers nothing and waits as
//! long as it is told. Real phones are driven by the phone core.

use core::time::Duration;

use thumbturn_phone::link::LinkError;
use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::answer::Answer;
use thumbturn_protocol::claim::{self, DoorConfiguration};
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::frame::{AttMtu, Fragmenter, Message, MessageType, Reassembler};
use thumbturn_protocol::full::{self, RequestPayload};
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::ClaimSecret;
use thumbturn_protocol::keys::{DoorPublicKeys, PhoneKeys};
use thumbturn_protocol::limits;
use thumbturn_protocol::operation::{Operation, OperationKind};
use thumbturn_protocol::random::RandomFailed;
use thumbturn_protocol::record::{Record, Records, Side};
use thumbturn_protocol::session::SessionSecret;
use thumbturn_protocol::ticket::{Counters, FastAnswer, Ticket};

use crate::attacker::{RawCentral, RawConnection};
use crate::random::SeededRandom;
use crate::station::DoorIndex;

/// How long an answer may take: a full handshake on a slow chip, and a few lost packets.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why an exchange came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// The link failed.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// What came is not what the protocol says.
    #[error(transparent)]
    Protocol(#[from] Error),
    /// The random source failed.
    #[error(transparent)]
    Random(#[from] RandomFailed),
    /// The door said nothing in time, or ended the connection.
    #[error("no answer")]
    Silent,
    /// The door answered *not accepted* with this code (spec §4.6).
    #[error("not accepted, code {0}")]
    NotAccepted(u8),
    /// The door answered something else.
    #[error("an unexpected {0:?}")]
    Unexpected(MessageType),
}

/// One connection to one door, subscribed, with its newest hello.
#[derive(Debug)]
pub struct Probe {
    connection: RawConnection,
    hello: Hello,
    mtu: AttMtu,
    reassembler: Reassembler,
}

impl Probe {
    /// Connects, raises the MTU to the phone's, subscribes, and reads the hello.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Link`], [`ProbeError::Silent`], [`ProbeError::Protocol`] for a malformed hello.
    pub async fn open(central: &RawCentral, door: DoorIndex) -> Result<Self, ProbeError> {
        let connection = central.connect(door).await?;
        let mtu = AttMtu::clamped(connection.request_mtu().await?);
        connection.subscribe().await?;
        let frame = connection.notification(PATIENCE).await.ok_or(ProbeError::Silent)?;
        let hello = Hello::parse(&frame)?;
        Ok(Self { connection, hello, mtu, reassembler: Reassembler::new() })
    }

    /// The newest hello.
    #[must_use]
    pub const fn hello(&self) -> &Hello {
        &self.hello
    }

    /// The connection, for saying something else.
    #[must_use]
    pub const fn connection(&self) -> &RawConnection {
        &self.connection
    }

    /// Asks for a new hello and reads it.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Silent`] after the fourth on a connection.
    pub async fn renew_hello(&mut self) -> Result<(), ProbeError> {
        self.send(MessageType::HelloRequest, &[]).await?;
        let frame = self.connection.notification(PATIENCE).await.ok_or(ProbeError::Silent)?;
        self.hello = Hello::parse(&frame)?;
        Ok(())
    }

    /// Sends one message, in as many frames as the MTU needs.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Link`], [`ProbeError::Protocol`] for a payload that no receiver takes.
    pub async fn send(&self, message_type: MessageType, payload: &[u8]) -> Result<(), ProbeError> {
        let mut frames = Fragmenter::new(message_type, payload)?;
        while let Some(frame) = frames.next_frame(self.mtu) {
            self.connection.write(&frame).await?;
        }
        Ok(())
    }

    /// The next whole message; `None` when none comes for `patience`.
    pub async fn message(&mut self, patience: Duration) -> Option<Message> {
        loop {
            let frame = self.connection.notification(patience).await?;
            if let Some(message) = self.reassembler.receive(&frame, |_| Some(limits::RECORD_MESSAGE)) {
                return Some(message);
            }
        }
    }

    /// The payload of the answer that must come next.
    async fn answer(&mut self, expected: MessageType) -> Result<Vec<u8>, ProbeError> {
        let message = self.message(PATIENCE).await.ok_or(ProbeError::Silent)?;
        match message.message_type {
            received if received == expected => Ok(message.payload),
            MessageType::NotAccepted => {
                Err(ProbeError::NotAccepted(message.payload.first().copied().unwrap_or(0)))
            }
            other => Err(ProbeError::Unexpected(other)),
        }
    }

    /// Claims a factory-fresh door (spec §9) and gives its new public keys.
    ///
    /// # Errors
    ///
    /// [`ProbeError`]; after [`ProbeError::Silent`] the door may be claimed all the same (spec §9.6).
    pub async fn claim(
        &mut self,
        secret: &ClaimSecret,
        configuration: &DoorConfiguration,
        random: &mut SeededRandom,
    ) -> Result<DoorPublicKeys, ProbeError> {
        let ephemeral = Ephemeral::generate(random)?;
        let (claimer, request) = claim::request(secret, &self.hello, configuration, ephemeral)?;
        self.send(MessageType::ClaimRequest, &request).await?;
        let answer = self.answer(MessageType::ClaimAnswer).await?;
        let (keys, session) = claimer.finish(&answer)?;
        let mut records = Records::new(&session, Side::Phone);
        self.send_record(&mut records, &Record::ClaimConfirm).await?;
        match self.record(&mut records, PATIENCE).await? {
            Record::Claimed => Ok(keys),
            _ => Err(ProbeError::Unexpected(MessageType::Record)),
        }
    }

    /// Makes the payload of a full request for the newest hello, without sending it.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Protocol`], [`ProbeError::Random`].
    pub fn full_request(
        &self,
        keys: &PhoneKeys,
        credential: &Credential,
        operation: Operation,
        random: &mut SeededRandom,
    ) -> Result<(full::Initiator, Vec<u8>), ProbeError> {
        let door = credential.certificate.peek_unverified()?.keys.session_key;
        let payload = RequestPayload {
            phone_signing_key: keys.signing.public(),
            operation,
            grant: credential.grant.clone(),
            share: credential.share.clone(),
        };
        let ephemeral = Ephemeral::generate(random)?;
        Ok(full::request(&keys.session, door, &credential.tag_key, &self.hello, &payload, ephemeral)?)
    }

    /// The full handshake (spec §5): one request, one answer.
    ///
    /// # Errors
    ///
    /// [`ProbeError`].
    pub async fn full(
        &mut self,
        keys: &PhoneKeys,
        credential: &Credential,
        operation: Operation,
        random: &mut SeededRandom,
    ) -> Result<(Answer, SessionSecret), ProbeError> {
        let (initiator, request) = self.full_request(keys, credential, operation, random)?;
        self.send(MessageType::FullRequest, &request).await?;
        let answer = self.answer(MessageType::FullAnswer).await?;
        Ok(initiator.finish(&answer)?)
    }

    /// The fast path (spec §6): one request, one answer.
    ///
    /// # Errors
    ///
    /// [`ProbeError`].
    pub async fn fast(
        &mut self,
        ticket: &Ticket,
        counters: Counters,
    ) -> Result<(Answer, SessionSecret), ProbeError> {
        let request = ticket.open().request(&self.hello, counters, OperationKind::Unlock)?;
        self.connection.write(request.as_bytes()).await?;
        let answer = FastAnswer::parse(&self.answer(MessageType::FastAnswer).await?)?;
        Ok(ticket.open().read_answer(&self.hello, &request, &answer)?)
    }

    /// Sends one record of a session.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Link`], [`ProbeError::Protocol`].
    pub async fn send_record(&self, records: &mut Records, record: &Record) -> Result<(), ProbeError> {
        let payload = records.seal(record)?;
        self.send(MessageType::Record, &payload).await
    }

    /// The next record of a session.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Silent`] when none comes for `patience`.
    pub async fn record(&mut self, records: &mut Records, patience: Duration) -> Result<Record, ProbeError> {
        let message = self.message(patience).await.ok_or(ProbeError::Silent)?;
        if message.message_type != MessageType::Record {
            return Err(ProbeError::Unexpected(message.message_type));
        }
        Ok(records.open(&message.payload)?)
    }
}
