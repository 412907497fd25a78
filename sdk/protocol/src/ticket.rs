//! Tickets and the fast path: 20 bytes each way, no public-key operation (spec §6).

use core::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::answer::{ANSWER, Answer};
use crate::crypto::{self, Kdf};
use crate::error::Error;
use crate::hello::Hello;
use crate::ids::{OperationId, TicketId};
use crate::labels;
use crate::operation::OperationKind;
use crate::session::SessionSecret;

/// Length of a fast request or answer, frame header included.
pub const FAST: usize = 20;
/// The highest press of a ticket (spec §6.2).
pub const MAX_PRESS: u8 = 255;
/// The highest attempt of a press (spec §6.2).
pub const MAX_ATTEMPT: u8 = 31;

const TAG: usize = 14;
const REQUEST_HEADER: u8 = 0xc5;
const ANSWER_HEADER: u8 = 0xc6;

/// The counters of one try under a ticket (spec §6.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// The intent, 1…255.
    pub press: u8,
    /// The try, 1…31.
    pub attempt: u8,
}

/// A 20-byte request, frame header included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FastRequest([u8; FAST]);

impl FastRequest {
    /// Reads the payload of a fast-request message (19 bytes). Refuses a wrong length, an unknown kind and counters of 0.
    pub fn parse(payload: &[u8]) -> Result<Self, Error> {
        let payload: [u8; FAST - 1] = payload.try_into().map_err(|_| Error::Malformed("fast request"))?;
        let request = Self(with_header(REQUEST_HEADER, payload));
        let Counters { press, attempt } = request.counters();
        if press == 0 || attempt == 0 || OperationKind::from_code(request.kind_byte() >> 5).is_none() {
            return Err(Error::Malformed("fast request"));
        }
        Ok(request)
    }

    /// The hint at the ticket.
    #[must_use]
    pub const fn ticket_id(&self) -> TicketId {
        let [_, a, b, c, ..] = self.0;
        TicketId([a, b, c])
    }

    /// Press and attempt.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        let [_, _, _, _, press, ..] = self.0;
        Counters { press, attempt: self.kind_byte() & MAX_ATTEMPT }
    }

    /// What the phone wants.
    #[must_use]
    pub fn kind(&self) -> OperationKind {
        // `parse` and `Ticket::request` let known kinds only in.
        OperationKind::from_code(self.kind_byte() >> 5).unwrap_or(OperationKind::Unlock)
    }

    /// The frame to write.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; FAST] {
        &self.0
    }

    const fn kind_byte(&self) -> u8 {
        let [_, _, _, _, _, byte, ..] = self.0;
        byte
    }

    /// Bytes 0–5, which the tag covers, and the tag.
    fn split(&self) -> (&[u8], &[u8]) {
        self.0.split_at(FAST - TAG)
    }
}

/// A 20-byte answer, frame header included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FastAnswer([u8; FAST]);

impl FastAnswer {
    /// Reads the payload of a fast-answer message (19 bytes).
    pub fn parse(payload: &[u8]) -> Result<Self, Error> {
        let payload: [u8; FAST - 1] = payload.try_into().map_err(|_| Error::Malformed("fast answer"))?;
        Ok(Self(with_header(ANSWER_HEADER, payload)))
    }

    /// The frame to notify.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; FAST] {
        &self.0
    }
}

/// A ticket: the secret of one phone at one door for its next unlock.
#[derive(Clone, Serialize, Deserialize, Zeroize)]
#[zeroize(drop)]
pub struct Ticket([u8; 32]);

impl Ticket {
    /// The first ticket of a chain, after a full handshake.
    #[must_use]
    pub fn first(session: &SessionSecret) -> Self {
        Self(session.derive(labels::TICKET_FIRST))
    }

    /// A ticket from sealed storage.
    #[must_use]
    pub const fn from_secret(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// The secret, for sealed storage only.
    #[must_use]
    pub const fn secret(&self) -> &[u8; 32] {
        &self.0
    }

    /// The ticket made ready for several derivations: each costs half of what it costs by itself.
    #[must_use]
    pub fn open(&self) -> OpenTicket {
        OpenTicket(Kdf::new(&self.0))
    }

    /// The ticket after this one. There is no way back.
    #[must_use]
    pub fn next(&self) -> Self {
        self.open().next()
    }

    /// The hint by which the door finds it.
    #[must_use]
    pub fn id(&self) -> TicketId {
        self.open().id()
    }

    /// The operation of a press under this ticket (spec §6.2).
    #[must_use]
    pub fn operation_id(&self, press: u8) -> OperationId {
        self.open().operation_id(press)
    }
}

/// A ticket that is in use: what phone and door derive from it for one unlock.
pub struct OpenTicket(Kdf);

impl OpenTicket {
    /// The ticket after this one. There is no way back.
    #[must_use]
    pub fn next(&self) -> Ticket {
        Ticket(self.0.derive(labels::TICKET_NEXT, &[]))
    }

    /// The hint by which the door finds it.
    #[must_use]
    pub fn id(&self) -> TicketId {
        TicketId(self.0.derive_truncated(labels::TICKET_ID, &[]))
    }

    /// The operation of a press under this ticket (spec §6.2).
    #[must_use]
    pub fn operation_id(&self, press: u8) -> OperationId {
        OperationId(self.0.derive_truncated(labels::OPERATION_ID, &[&[press]]))
    }

    /// Phone: the request of one try. The counters must have been persisted before. Refuses counters out of range.
    pub fn request(
        &self,
        hello: &Hello,
        counters: Counters,
        kind: OperationKind,
    ) -> Result<FastRequest, Error> {
        let Counters { press, attempt } = counters;
        if press == 0 || attempt == 0 || attempt > MAX_ATTEMPT {
            return Err(Error::InvalidArgument("counters"));
        }
        let TicketId([a, b, c]) = self.id();
        let head = [REQUEST_HEADER, a, b, c, press, (kind.code() << 5) | attempt];
        Ok(FastRequest(join(head, self.request_tag(hello, &head))))
    }

    /// Door: whether `request` was made with this ticket for this hello. Constant time.
    #[must_use]
    pub fn verifies(&self, hello: &Hello, request: &FastRequest) -> bool {
        let (head, tag) = request.split();
        crypto::same(&self.request_tag(hello, head), tag)
    }

    /// Door: the answer to an authentic request, and the secret of the session that follows.
    #[must_use]
    pub fn answer(
        &self,
        hello: &Hello,
        request: &FastRequest,
        answer: Answer,
    ) -> (FastAnswer, SessionSecret) {
        let plain = answer.to_bytes();
        let [b0, b1, b2, b3, b4] = self.masked(hello, request, plain);
        let head = [ANSWER_HEADER, b0, b1, b2, b3, b4];
        let bytes = FastAnswer(join(head, self.answer_tag(hello, request, plain)));
        let session = self.session(hello, request, &bytes);
        (bytes, session)
    }

    /// Phone: reads the answer to its own request.
    pub fn read_answer(
        &self,
        hello: &Hello,
        request: &FastRequest,
        answer: &FastAnswer,
    ) -> Result<(Answer, SessionSecret), Error> {
        let [_, b0, b1, b2, b3, b4, tag @ ..] = answer.0;
        let plain = self.masked(hello, request, [b0, b1, b2, b3, b4]);
        if !crypto::same(&self.answer_tag(hello, request, plain), &tag) {
            return Err(Error::NotAuthentic);
        }
        Ok((Answer::from_bytes(plain)?, self.session(hello, request, answer)))
    }

    fn request_tag(&self, hello: &Hello, head: &[u8]) -> [u8; TAG] {
        self.0.derive_truncated(labels::FAST_REQUEST, &[hello.as_bytes(), head])
    }

    fn answer_tag(&self, hello: &Hello, request: &FastRequest, plain: [u8; ANSWER]) -> [u8; TAG] {
        self.0.derive_truncated(
            labels::FAST_ANSWER,
            &[hello.as_bytes(), request.as_bytes(), &[ANSWER_HEADER], &plain],
        )
    }

    /// Masks and unmasks an answer body.
    fn masked(&self, hello: &Hello, request: &FastRequest, mut body: [u8; ANSWER]) -> [u8; ANSWER] {
        let mask: [u8; ANSWER] =
            self.0.derive_truncated(labels::FAST_MASK, &[hello.as_bytes(), request.as_bytes()]);
        for (byte, mask) in body.iter_mut().zip(mask) {
            *byte ^= mask;
        }
        body
    }

    fn session(&self, hello: &Hello, request: &FastRequest, answer: &FastAnswer) -> SessionSecret {
        SessionSecret::new(
            self.0.derive(labels::FAST_SESSION, &[hello.as_bytes(), request.as_bytes(), answer.as_bytes()]),
        )
    }
}

/// Its type name only: the rest is secret.
impl fmt::Debug for OpenTicket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OpenTicket")
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Ticket")
    }
}

fn with_header(header: u8, payload: [u8; FAST - 1]) -> [u8; FAST] {
    let mut bytes = [header; FAST];
    for (to, from) in bytes.iter_mut().skip(1).zip(payload) {
        *to = from;
    }
    bytes
}

fn join(head: [u8; FAST - TAG], tag: [u8; TAG]) -> [u8; FAST] {
    let mut bytes = [0; FAST];
    for (to, from) in bytes.iter_mut().zip(head.into_iter().chain(tag)) {
        *to = from;
    }
    bytes
}
