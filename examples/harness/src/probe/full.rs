//! Full requests and claims that do not verify (§4.6, §4.7, §5, §9.1).

use thumbturn_manager::authority::generation_keys::GenerationKeys;
use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::claim;
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::full::{GATE, gated};
use thumbturn_protocol::keys::ExchangeKeyPair;
use thumbturn_protocol::operation::OperationKind;

use super::case::{Deviation, Verdict};
use super::heard::Refusal;
use super::subject::Subject;
use super::talk::Talk;
use crate::entropy::SystemRandom;

async fn refused(talk: &mut Talk, request: &[u8], what: &str) -> Verdict {
    talk.send(MessageType::FullRequest, request).await?;
    talk.expect_refusal(Refusal::NOT_RECOGNISED, what).await
}

pub(super) async fn a_wrong_gate_is_not_recognised(subject: &Subject) -> Verdict {
    let (mut talk, hello) = subject.greet().await?;
    talk.raise_mtu().await?;
    let (_, mut request) = subject.request(&hello, &subject.grant()?, OperationKind::Deliver)?;
    if let Some(first) = request.first_mut() {
        *first ^= 1;
    }
    refused(&mut talk, &request, "a wrong gate").await
}

pub(super) async fn a_changed_request_is_not_recognised(subject: &Subject) -> Verdict {
    let (mut talk, hello) = subject.greet().await?;
    talk.raise_mtu().await?;
    let (_, mut request) = subject.request(&hello, &subject.grant()?, OperationKind::Deliver)?;
    if let Some(last) = request.last_mut() {
        *last ^= 1;
    }
    refused(&mut talk, &request, "a request with a bit flipped").await
}

pub(super) async fn a_request_to_another_door_is_not_recognised(subject: &Subject) -> Verdict {
    let (mut talk, hello) = subject.greet().await?;
    talk.raise_mtu().await?;
    // Behind the right gate, to a session key that is not the door's.
    let other = ExchangeKeyPair::generate(&mut SystemRandom)?.public();
    let credential = subject.property().credential_of(subject.granted()?, &subject.grant()?)?;
    let (_, request) = subject.request_with(&hello, &credential, OperationKind::Deliver, other)?;
    refused(&mut talk, &request, "a handshake for another door's key").await
}

pub(super) async fn a_grant_of_a_forger_is_not_recognised(subject: &Subject) -> Verdict {
    let (mut talk, hello) = subject.greet().await?;
    talk.raise_mtu().await?;
    let keys = subject.property().keys();
    let forger = GenerationKeys::generate(keys.property(), keys.generation(), &mut SystemRandom)
        .map_err(crate::failure::Failure::from)?;
    let signed = forger.sign(&subject.grant()?).map_err(crate::failure::Failure::from)?;
    let honest = subject.property().credential_of(subject.granted()?, &subject.grant()?)?;
    let forged = Credential::new(honest.certificate, honest.tag_key, signed.into(), None);
    let session_key = subject.granted()?.keys.session_key;
    let (_, request) = subject.request_with(&hello, &forged, OperationKind::Unlock, session_key)?;
    refused(&mut talk, &request, "a grant that somebody else signed").await
}

pub(super) async fn a_hello_takes_one_handshake(subject: &Subject) -> Verdict {
    let (mut talk, hello) = subject.greet().await?;
    talk.raise_mtu().await?;
    let other = ExchangeKeyPair::generate(&mut SystemRandom)?.public();
    let credential = subject.property().credential_of(subject.granted()?, &subject.grant()?)?;
    let (_, first) = subject.request_with(&hello, &credential, OperationKind::Deliver, other)?;
    refused(&mut talk, &first, "a handshake that does not verify").await?;
    let (_, second) = subject.request(&hello, &subject.grant()?, OperationKind::Deliver)?;
    refused(&mut talk, &second, "a second handshake on one hello").await
}

pub(super) async fn a_recorded_request_is_not_recognised(subject: &Subject) -> Verdict {
    let (mut talk, hello) = subject.greet().await?;
    talk.raise_mtu().await?;
    let (_, request) = subject.request(&hello, &subject.grant()?, OperationKind::Unlock)?;
    // Never said on its own connection: a new hello voids the one that it was made for.
    talk.renew().await?;
    refused(&mut talk, &request, "a request for an earlier hello").await?;
    let (mut other, _) = subject.greet().await?;
    other.raise_mtu().await?;
    refused(&mut other, &request, "a request for a hello of another connection").await
}

/// The claim that a factory-fresh door would take, and the same behind the gate of a claimed one.
pub(super) async fn a_claim_of_a_claimed_door_is_not_recognised(subject: &Subject) -> Verdict {
    let Some(secret) = subject.claim_secret() else {
        return Err(Deviation::new("the claim secret of the label", "none"));
    };
    let (mut talk, hello) = subject.greet().await?;
    talk.raise_mtu().await?;
    let ephemeral = Ephemeral::generate(&mut SystemRandom)?;
    let (_, claim) = claim::request(&secret, &hello, &subject.door().configuration, ephemeral)?;
    let message = claim.get(GATE..).unwrap_or_default();
    let behind_its_gate = gated(&subject.door().configuration.tag_key, &hello, message);
    for request in [claim, behind_its_gate] {
        talk.send(MessageType::ClaimRequest, &request).await?;
        talk.expect_refusal(Refusal::NOT_RECOGNISED, "a claim").await?;
    }
    Ok(())
}
