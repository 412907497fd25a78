//! The content of a wallet record, version 1: device keys, trust anchors, credentials (postcard, spec §1.2).

use serde::{Deserialize, Serialize};
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::keys::{ExchangeKeyPair, PhoneKeys, SigningKeyPair};
use zeroize::{Zeroize, Zeroizing};

use crate::vault::sealing::SealError;
use crate::wallet::anchor::TrustAnchor;

/// Most credentials in a wallet: a member of staff of a large property.
pub(crate) const CREDENTIALS: usize = 1_024;
/// Most properties that a wallet trusts.
pub(crate) const ANCHORS: usize = 64;

/// What is written.
#[derive(Serialize)]
struct Outgoing<'a> {
    session_secret: &'a [u8; 32],
    signing_secret: &'a [u8; 32],
    anchors: &'a [TrustAnchor],
    credentials: Vec<&'a Credential>,
}

/// What is read.
#[derive(Deserialize)]
struct Incoming {
    session_secret: [u8; 32],
    signing_secret: [u8; 32],
    anchors: Vec<TrustAnchor>,
    credentials: Vec<Credential>,
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.session_secret.zeroize();
        self.signing_secret.zeroize();
    }
}

/// The content of a wallet record.
pub(crate) struct Document {
    pub(crate) keys: PhoneKeys,
    pub(crate) anchors: Vec<TrustAnchor>,
    pub(crate) credentials: Vec<Credential>,
}

impl Document {
    /// Decodes the content of a wallet record; trailing bytes are refused.
    pub(crate) fn decode(content: &[u8]) -> Result<Self, SealError> {
        let (mut incoming, rest): (Incoming, _) =
            postcard::take_from_bytes(content).map_err(|_| SealError::Damaged)?;
        if !rest.is_empty() || incoming.credentials.len() > CREDENTIALS || incoming.anchors.len() > ANCHORS {
            return Err(SealError::Damaged);
        }
        let keys = PhoneKeys {
            session: ExchangeKeyPair::from_secret(incoming.session_secret),
            signing: SigningKeyPair::from_secret(incoming.signing_secret),
        };
        Ok(Self {
            keys,
            anchors: core::mem::take(&mut incoming.anchors),
            credentials: core::mem::take(&mut incoming.credentials),
        })
    }
}

/// Encodes the content of a wallet record.
///
/// Into one buffer of its final size: a vector that grows leaves copies of the secrets behind.
pub(crate) fn encode<'a>(
    keys: &PhoneKeys,
    anchors: &[TrustAnchor],
    credentials: impl Iterator<Item = &'a Credential>,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let credentials: Vec<&Credential> = credentials.collect();
    let bound = 256 + anchors.len() * 192 + credentials.len() * (Credential::MAX_BYTES + 16);
    let mut buffer = Zeroizing::new(vec![0; bound]);
    let outgoing = Outgoing {
        session_secret: keys.session.secret(),
        signing_secret: keys.signing.secret(),
        anchors,
        credentials,
    };
    let length = postcard::to_slice(&outgoing, &mut buffer).map_err(|_| SealError::Damaged)?.len();
    buffer.truncate(length);
    Ok(buffer)
}
