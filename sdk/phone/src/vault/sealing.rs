//! The format of a record at rest, version 1.
//!
//! | bytes | content |
//! |---|---|
//! | 3 | `TTV` |
//! | 1 | format version: 1 |
//! | 1 | record: 1 wallet, 2 tickets, 3 inbox, 4 parcels |
//! | 2 | length of the open part, big endian |
//! | … | the open part: the wrapped data key of a wallet; else empty |
//! | 12 | nonce, random for each write |
//! | … | AES-256-GCM of the content with its 16-byte tag; everything before the nonce is associated data |
//!
//! A flipped bit anywhere, a record under another's name and a truncation are all refused.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use thumbturn_protocol::random::{RandomFailed, SecureRandom, random_bytes};
use zeroize::Zeroizing;

use crate::vault::keystore::DataKey;
use crate::vault::storage::VaultRecord;

const MAGIC: [u8; 3] = *b"TTV";
const VERSION: u8 = 1;
const FIXED_HEADER: usize = 7;
const NONCE: usize = 12;
const TAG: usize = 16;

/// Why a record at rest could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    /// Not a record of this kind, changed, cut, or sealed under another key.
    #[error("a vault record is damaged")]
    Damaged,
    /// Written by a newer version of the app.
    #[error("a vault record is from a newer version")]
    TooNew,
}

/// A record whose header was read but whose content is still sealed.
#[derive(Debug)]
pub(crate) struct SealedRecord<'a> {
    header: &'a [u8],
    open_part: &'a [u8],
    nonce: [u8; NONCE],
    sealed: &'a [u8],
}

impl<'a> SealedRecord<'a> {
    /// Reads the header of a record at rest.
    pub(crate) fn parse(record: VaultRecord, bytes: &'a [u8]) -> Result<Self, SealError> {
        let (&[m0, m1, m2, version, kind, length_high, length_low], _) =
            bytes.split_first_chunk::<FIXED_HEADER>().ok_or(SealError::Damaged)?;
        if [m0, m1, m2] != MAGIC || version == 0 {
            return Err(SealError::Damaged);
        }
        if version != VERSION {
            return Err(SealError::TooNew);
        }
        let header_length = FIXED_HEADER + usize::from(u16::from_be_bytes([length_high, length_low]));
        let (header, rest) = bytes.split_at_checked(header_length).ok_or(SealError::Damaged)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(SealError::Damaged)?;
        if kind != code(record) {
            return Err(SealError::Damaged);
        }
        let open_part = header.get(FIXED_HEADER..).unwrap_or_default();
        Ok(Self { header, open_part, nonce: *nonce, sealed })
    }

    /// What is readable without the data key. Not authenticated before [`SealedRecord::open`].
    pub(crate) const fn open_part(&self) -> &'a [u8] {
        self.open_part
    }

    /// The content, if it and the open part are as they were sealed.
    pub(crate) fn open(&self, key: &DataKey) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (ciphertext, tag) = self.sealed.split_last_chunk::<TAG>().ok_or(SealError::Damaged)?;
        let mut content = Zeroizing::new(ciphertext.to_vec());
        Aes256Gcm::new(key.as_bytes().into())
            .decrypt_inout_detached(
                &Nonce::from(self.nonce),
                self.header,
                content.as_mut_slice().into(),
                &Tag::from(*tag),
            )
            .map_err(|_| SealError::Damaged)?;
        Ok(content)
    }
}

/// Seals `content` with a fresh random nonce. At most 2^32 writes under one data key keep nonces apart; a phone that
/// unlocks a hundred times a day needs 100,000 years for them.
pub(crate) fn seal(
    record: VaultRecord,
    key: &DataKey,
    open_part: &[u8],
    content: &[u8],
    random: &mut dyn SecureRandom,
) -> Result<Vec<u8>, RandomFailed> {
    let nonce: [u8; NONCE] = random_bytes(random)?;
    let [m0, m1, m2] = MAGIC;
    // Wrapped keys are checked to be at most 1,024 bytes before they come here.
    let [length_high, length_low] = u16::try_from(open_part.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut bytes =
        [[m0, m1, m2, VERSION, code(record), length_high, length_low].as_slice(), open_part].concat();
    let mut sealed = Zeroizing::new(content.to_vec());
    let tag = Aes256Gcm::new(key.as_bytes().into())
        .encrypt_inout_detached(&Nonce::from(nonce), &bytes, sealed.as_mut_slice().into())
        // Fails for contents beyond 2^36 bytes only; a record has at most 2 MiB.
        .map_err(|_| RandomFailed)?;
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(&sealed);
    bytes.extend_from_slice(&tag);
    Ok(bytes)
}

const fn code(record: VaultRecord) -> u8 {
    match record {
        VaultRecord::Wallet => 1,
        VaultRecord::Tickets => 2,
        VaultRecord::Inbox => 3,
        VaultRecord::Parcels => 4,
        VaultRecord::Cursors => 5,
    }
}
