//! What an account does apart from any property.

use thumbturn_protocol::time::UnixSeconds;

use crate::ids::AccountId;
use crate::office::model::EmailAddress;
use crate::office::store::{self, StoreError};
use crate::office::{Error, Office, Thing};

impl Office {
    /// The account with an address, for a host that has made sure who it is.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn account(&self, email: &EmailAddress) -> Result<Option<AccountId>, Error> {
        let mut transaction = self.store.begin().await?;
        Ok(store::account::find(&mut transaction, email).await?)
    }

    /// Notes that somebody has signed in, which a person's page shows. Signing in itself is the host's.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] for an account that was deleted, [`Error::Store`].
    pub async fn note_sign_in(&self, account: AccountId, now: UnixSeconds) -> Result<(), Error> {
        let mut transaction = self.store.begin().await?;
        if !store::account::signed_in(&mut transaction, account, now).await? {
            return Err(Error::NotFound(Thing::Account));
        }
        Ok(transaction.commit().await.map_err(StoreError::from)?)
    }
}
