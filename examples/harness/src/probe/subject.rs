//! The door that is probed, and the phone that probes it.

use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use thumbturn_phone::link::{ConnectionId, Link, PeerId, ScanEvent};
use thumbturn_phone::queue::EventQueue;
use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::advertisement::Advertisement;
use thumbturn_protocol::answer::{Answer, Outcome};
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::full::{self, Initiator, RequestPayload};
use thumbturn_protocol::grant::Grant;
use thumbturn_protocol::hello::Hello;
use thumbturn_protocol::ids::{ClaimSecret, HolderId, OperationId, PhoneId};
use thumbturn_protocol::keys::{ExchangeKey, PhoneKeys};
use thumbturn_protocol::operation::{Operation, OperationKind};
use thumbturn_protocol::record::{Records, Side};
use thumbturn_protocol::session::SessionSecret;

use super::case::{Deviation, Verdict};
use super::heard::Refusal;
use super::talk::Talk;
use crate::clock::time_of_day;
use crate::entropy::SystemRandom;
use crate::state::door::DoorFile;
use crate::state::property::{Bearer, GrantedDoor, Property};

/// Events of one connection; a flood beyond that is a deviation in itself.
const EVENTS: usize = 4_096;
/// How long a door may take to be heard.
const HEAR: Duration = Duration::from_secs(10);
/// How soon after the subscription a hello comes that was pushed.
const PUSHED: Duration = Duration::from_millis(600);
/// How long a platform may take to connect.
const CONNECT: Duration = Duration::from_secs(10);
/// Until the door has a token for another full handshake, and for another delivery (§4.7, §8.8).
const HANDSHAKE_TOKEN: Duration = Duration::from_millis(2_200);
const DELIVERY_TOKEN: Duration = Duration::from_millis(10_200);
/// How often to wait for one.
const WAITS: u32 = 3;

/// The door and the phone.
pub(crate) struct Subject {
    link: Arc<dyn Link>,
    property: Arc<Property>,
    door: DoorFile,
    /// That of the door's label, if whoever probes has it.
    claim_secret: Option<[u8; 16]>,
    keys: PhoneKeys,
    holder: HolderId,
    peer: Mutex<Option<PeerId>>,
    open: Mutex<Vec<ConnectionId>>,
}

/// A session behind an authentic answer.
pub(super) struct Session {
    /// Its connection.
    pub(super) talk: Talk,
    /// Its records.
    pub(super) records: Records,
    /// The answer.
    pub(super) answer: Answer,
    /// What its keys come from.
    pub(super) secret: SessionSecret,
}

impl Subject {
    /// A phone of its own for a door of the property.
    pub(crate) fn new(
        link: Arc<dyn Link>,
        property: Arc<Property>,
        door: DoorFile,
        claim_secret: Option<[u8; 16]>,
    ) -> Result<Self, crate::failure::Failure> {
        let (keys, holder) = (PhoneKeys::generate(&mut SystemRandom)?, HolderId::random(&mut SystemRandom)?);
        let (peer, open) = (Mutex::default(), Mutex::default());
        Ok(Self { link, property, door, claim_secret, keys, holder, peer, open })
    }

    /// Its property.
    pub(super) const fn property(&self) -> &Arc<Property> {
        &self.property
    }

    /// The door's file.
    pub(super) const fn door(&self) -> &DoorFile {
        &self.door
    }

    /// The claim secret of the door's label.
    pub(super) fn claim_secret(&self) -> Option<ClaimSecret> {
        self.claim_secret.map(ClaimSecret::from_bytes)
    }

    /// The phone's id.
    pub(super) fn phone(&self) -> PhoneId {
        self.keys.public().id()
    }

    /// The door, as grants name it.
    pub(super) fn granted(&self) -> Result<GrantedDoor<'_>, Deviation> {
        Ok(self.door.granted()?)
    }

    /// A grant like every phone's of the property, to be changed as a case needs it.
    pub(super) fn grant(&self) -> Result<Grant, Deviation> {
        let bearer = Bearer { phone: self.phone(), holder: self.holder };
        Ok(self.property.grant(self.granted()?, bearer, time_of_day())?)
    }

    /// Connects without subscribing.
    pub(super) async fn connect(&self) -> Result<Talk, Deviation> {
        let known = self.peer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(peer) = known
            && let Ok(talk) = self.connect_to(&peer).await
        {
            return Ok(talk);
        }
        // The address has rotated, or was never known.
        let peer = self.find().await?;
        self.connect_to(&peer).await
    }

    /// Connects, subscribes, and reads the hello.
    pub(super) async fn greet(&self) -> Result<(Talk, Hello), Deviation> {
        let mut talk = self.connect().await?;
        talk.subscribe().await?;
        // A stack that subscribed by itself may have let the first one go (§4.5), which dies while it is waited for.
        let hello = match talk.hello_within(PUSHED).await? {
            Some(hello) => hello,
            None => talk.renew().await?,
        };
        Ok((talk, hello))
    }

    /// Ends what a case left open.
    pub(crate) async fn clear(&self) {
        let open = core::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner));
        for connection in open {
            self.link.disconnect(connection).await;
        }
    }

    /// Makes the payload of a full request for a hello.
    pub(super) fn request(
        &self,
        hello: &Hello,
        grant: &Grant,
        kind: OperationKind,
    ) -> Result<(Initiator, Vec<u8>), Deviation> {
        let credential = self.property.credential_of(self.granted()?, grant)?;
        self.request_with(hello, &credential, kind, self.granted()?.keys.session_key)
    }

    /// The same with any credential, and to any session key.
    pub(super) fn request_with(
        &self,
        hello: &Hello,
        credential: &Credential,
        kind: OperationKind,
        session_key: ExchangeKey,
    ) -> Result<(Initiator, Vec<u8>), Deviation> {
        let operation = Operation { kind, id: OperationId::random(&mut SystemRandom)?, attempt: 1 };
        let payload = RequestPayload {
            phone_signing_key: self.keys.signing.public(),
            operation,
            grant: credential.grant.clone(),
            share: None,
        };
        let ephemeral = Ephemeral::generate(&mut SystemRandom)?;
        let tag_key = &self.door.configuration.tag_key;
        Ok(full::request(&self.keys.session, session_key, tag_key, hello, &payload, ephemeral)?)
    }

    /// A full handshake on a connection of its own. Waits where the door has no token left.
    pub(super) async fn ask(&self, grant: &Grant, kind: OperationKind) -> Result<Session, Deviation> {
        for _ in 0..WAITS {
            let (mut talk, hello) = self.greet().await?;
            talk.raise_mtu().await?;
            let (initiator, request) = self.request(&hello, grant, kind)?;
            talk.send(MessageType::FullRequest, &request).await?;
            let heard = talk.hear_soon().await?;
            if heard.refusal() != Some(Refusal::BUSY) {
                return self.begun(talk, initiator, &heard.payload_of(MessageType::FullAnswer)?);
            }
            self.clear().await;
            tokio::time::sleep(HANDSHAKE_TOKEN).await;
        }
        Err(Deviation::new("a token for a handshake every two seconds (§4.7)", "busy three times in a row"))
    }

    /// A session that opens nothing: a delivery (§8.8).
    pub(super) async fn deliver(&self) -> Result<Session, Deviation> {
        for _ in 0..WAITS {
            let session = self.ask(&self.grant()?, OperationKind::Deliver).await?;
            match session.answer.outcome {
                Outcome::Ready => return Ok(session),
                Outcome::Busy => {
                    self.clear().await;
                    tokio::time::sleep(DELIVERY_TOKEN).await;
                }
                other => return Err(Deviation::new("ready (§8.8)", format!("{other:?}"))),
            }
        }
        Err(Deviation::new("a delivery every ten seconds (§8.8)", "busy three times in a row"))
    }

    fn begun(&self, talk: Talk, initiator: Initiator, answer: &[u8]) -> Result<Session, Deviation> {
        let (answer, secret) = initiator.finish(answer)?;
        let records = Records::new(&secret, Side::Phone);
        Ok(Session { talk, records, answer, secret })
    }

    async fn connect_to(&self, peer: &PeerId) -> Result<Talk, Deviation> {
        let events = Arc::new(EventQueue::new(EVENTS));
        let connecting = self.link.connect(peer, Arc::clone(&events));
        let connected = tokio::time::timeout(CONNECT, connecting).await;
        let id = connected.map_err(|_| Deviation::new("a connection", "none within ten seconds"))??;
        self.open.lock().unwrap_or_else(PoisonError::into_inner).push(id);
        Ok(Talk::new(Arc::clone(&self.link), id, events))
    }

    /// Whether the door advertises.
    pub(crate) async fn is_heard(&self) -> bool {
        self.find().await.is_ok()
    }

    /// The address under which the door advertises now, which the next connection is made to.
    async fn find(&self) -> Result<PeerId, Deviation> {
        let events = Arc::new(EventQueue::new(EVENTS));
        self.link.start_scan(Arc::clone(&events)).await?;
        let tag_key = &self.door.configuration.tag_key;
        let heard = tokio::time::timeout(HEAR, async {
            loop {
                let ScanEvent::Heard(result) = events.pop().await else { continue };
                let advertisement = Advertisement::parse(result.service_data.as_deref().unwrap_or_default());
                if advertisement.is_ok_and(|found| found.resolve(tag_key).is_some()) {
                    return result.peer;
                }
            }
        });
        let found = heard.await;
        self.link.stop_scan().await;
        let peer = found.map_err(|_| {
            Deviation::new("advertisements with the door's tag (§4.2)", "none within ten seconds")
        })?;
        *self.peer.lock().unwrap_or_else(PoisonError::into_inner) = Some(peer.clone());
        Ok(peer)
    }
}

impl Session {
    /// The outcome must be this one.
    pub(super) fn expect_outcome(&self, expected: Outcome) -> Verdict {
        let got = self.answer.outcome;
        // A door that has lost its clock says so before it looks at windows and leases (§8.6).
        let of_clock = matches!(expected, Outcome::NotYet | Outcome::Expired | Outcome::LeaseEnded);
        let unsure = of_clock && self.answer.status.clock_unsure && got == Outcome::UnknownTime;
        if got == expected || unsure {
            return Ok(());
        }
        Err(Deviation::new(format!("{expected:?}"), format!("{got:?}")))
    }
}
