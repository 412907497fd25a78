//! A phone that the harness plays: the real phone core over a vault in the state folder.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thumbturn_phone::courier::Inbox;
use thumbturn_phone::vault::Vault;
use thumbturn_phone::wallet::{Wallet, WalletError};
use thumbturn_protocol::ids::HolderId;

use super::door::DoorFile;
use super::file;
use super::key_file::KeyFile;
use super::property::{Bearer, Property};
use crate::clock::time_of_day;
use crate::entropy::SystemRandom;
use crate::failure::Failure;

/// A grant is renewed when its lease has less than this left: a day.
const RENEW_SECONDS: u64 = 86_400;
/// Bytes of updates that a test phone carries: the list of a full door, which is all that a phone carries in any case.
const PARCELS: usize = 1_900_000;

/// One phone with its person.
pub(crate) struct TestPhone {
    /// Its name.
    pub(crate) name: String,
    /// Its person.
    pub(crate) holder: HolderId,
    /// What the phone core needs.
    pub(crate) vault: Arc<Vault>,
}

#[derive(Serialize, Deserialize)]
struct Content {
    holder: HolderId,
}

impl TestPhone {
    /// Opens the phone in a folder; a new one enrols and trusts the property.
    pub(super) fn open(folder: &Path, name: &str, property: &Property) -> Result<Self, Failure> {
        file::make_folder(folder).map_err(|error| Failure::of_file(folder, &error))?;
        let path = folder.join("phone.json");
        let content = match file::read_json::<Content>(&path)? {
            Some(content) => content,
            None => {
                let content = Content { holder: HolderId::random(&mut SystemRandom)? };
                file::replace_json(&path, &content)?;
                content
            }
        };
        let keystore = Arc::new(KeyFile::open(folder.join("key-for-testing.json"))?);
        let vault = Arc::new(Vault::in_directory(folder.join("vault"), keystore));
        let phone = Self { name: name.to_owned(), holder: content.holder, vault };
        match phone.vault.wallet(&mut SystemRandom) {
            Ok(_) => {}
            Err(WalletError::NotEnrolled) => {
                phone.vault.enrol(&mut SystemRandom)?;
            }
            Err(error) => return Err(error.into()),
        }
        let (wallet, anchor) = (phone.wallet()?, property.trust_anchor());
        if !wallet.anchors().contains(&anchor) {
            wallet.trust(anchor, &mut SystemRandom)?;
        }
        Ok(phone)
    }

    /// Its wallet.
    pub(crate) fn wallet(&self) -> Result<Arc<Wallet>, Failure> {
        Ok(self.vault.wallet(&mut SystemRandom)?)
    }

    /// What it carries.
    pub(crate) fn inbox(&self) -> Result<Arc<Inbox>, Failure> {
        let inbox = self.vault.inbox(&mut SystemRandom)?;
        inbox.limit_parcels(PARCELS);
        Ok(inbox)
    }

    /// Sees to it that the phone has a grant for a door that lives for another day.
    pub(crate) fn hold_grant(&self, door: &DoorFile, property: &Property) -> Result<(), Failure> {
        let (wallet, now) = (self.wallet()?, time_of_day());
        let granted = door.granted()?;
        let key = granted.keys.id();
        let lives = |held: &thumbturn_phone::wallet::HeldCredential| {
            held.door == granted.configuration.door
                && held.grant.door_key == key
                && held.grant.lease_end > now.plus(RENEW_SECONDS)
        };
        if wallet.credentials().iter().any(lives) {
            return Ok(());
        }
        let bearer = Bearer { phone: wallet.phone_id(), holder: self.holder };
        let grant = property.grant(granted, bearer, now)?;
        let credential = property.credential_of(granted, &grant)?.to_bytes()?;
        wallet.import(&credential, &mut SystemRandom)?;
        Ok(())
    }
}
