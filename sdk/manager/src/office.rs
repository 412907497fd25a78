//! The office: people, Keys, doors and managers of properties, in a store. Everything that staff and residents do is a use case; each is
//! one transaction, checked against what its actor may do, and written into the audit log.

mod activity;
pub mod actor;
pub mod audit;
mod books;
mod bulletins;
pub mod calendar;
pub mod csv;
mod daily;
pub mod error;
pub mod import;
pub mod keystore;
mod lists;
mod logs;
pub mod model;
pub mod notification;
pub mod permission;
mod secrets;
pub mod signers;
mod store;
pub mod task;
#[cfg(feature = "testing")]
pub mod testing;
pub mod use_case;
pub mod work;

use core::fmt;
use std::sync::Arc;

use sqlx_core::any::Any;
use sqlx_core::transaction::Transaction;
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::time::UnixSeconds;

pub use self::actor::Actor;
use self::audit::Entry;
use self::calendar::ZoneRules;
pub use self::error::{Error, Invalid, Thing};
use self::keystore::KeyStore;
use self::permission::{NotPermitted, Standing};
use self::secrets::SecretsOfProperties;
use self::signers::{Signers, SoftwareSigners};
use self::store::property::Property;
pub use self::store::{Store, StoreError};
use self::use_case::{Question, UseCase};
use self::work::{View, Work};

/// How often a transaction is begun again when others changed the same at the same time.
const ATTEMPTS: usize = 16;

/// A randomness that futures may hold.
pub type Random = dyn SecureRandom + Send;

/// Runs use cases on a store. Clones share it.
#[derive(Clone)]
pub struct Office {
    store: Store,
    secrets: Arc<SecretsOfProperties>,
    signers: Arc<dyn Signers>,
    zones: Arc<dyn ZoneRules>,
}

/// What an office asks of its host.
pub struct Host {
    /// Keeps the key that wraps the data keys of properties.
    pub keystore: Box<dyn KeyStore>,
    /// Knows the world's time zones.
    pub zones: Box<dyn ZoneRules>,
}

impl Office {
    /// An office over a store, which keeps the signing keys of properties itself.
    #[must_use]
    pub fn new(store: Store, host: Host) -> Self {
        let secrets = Arc::new(SecretsOfProperties::new(host.keystore));
        Self { store, secrets, signers: Arc::new(SoftwareSigners), zones: Arc::from(host.zones) }
    }

    /// The same, with signing keys that are kept elsewhere. To be said at every start, also before the first key is made.
    #[must_use]
    pub fn with_signers(self, signers: Box<dyn Signers>) -> Self {
        Self { signers: Arc::from(signers), ..self }
    }

    /// Does something at a property, in one transaction: all of it, or nothing. Written into the audit log when it is done, and when it was
    /// denied.
    ///
    /// # Errors
    ///
    /// [`Error`]; nothing was changed then.
    pub async fn perform<U: UseCase>(
        &self,
        actor: Actor,
        property: PropertyId,
        use_case: &U,
        now: UnixSeconds,
        random: &mut Random,
    ) -> Result<U::Answer, Error> {
        for _ in 0..ATTEMPTS {
            let attempt = self.attempt(actor, property, use_case, now, random).await;
            match attempt {
                Err(Error::Store(StoreError::Contended)) => {}
                Err(Error::NotPermitted(reason)) => {
                    self.note_denial::<U>(actor, property, use_case, now).await?;
                    return Err(reason.into());
                }
                other => return other,
            }
        }
        Err(StoreError::Contended.into())
    }

    /// What [`Office::perform`] would answer now. Changes nothing, and writes nothing into the audit log.
    ///
    /// # Errors
    ///
    /// [`Error`], as [`Office::perform`] would give it.
    pub async fn foresee<U: UseCase>(
        &self,
        actor: Actor,
        property: PropertyId,
        use_case: &U,
        now: UnixSeconds,
        random: &mut Random,
    ) -> Result<U::Answer, Error> {
        let mut work = self.work(actor, property, use_case, now, random).await?;
        let answer = use_case.run(&mut work).await?;
        work.view.transaction.rollback().await.map_err(StoreError::from)?;
        Ok(answer)
    }

    /// Looks something up at a property.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn ask<Q: Question>(
        &self,
        actor: Actor,
        property: PropertyId,
        question: &Q,
        now: UnixSeconds,
    ) -> Result<Q::Answer, Error> {
        let mut transaction = self.store.begin().await?;
        let property =
            store::property::find(&mut transaction, property).await?.ok_or(NotPermitted::Stranger)?;
        let standing = store::account::standing(&mut transaction, actor, &property).await?;
        let mut view = self.view(transaction, property, (actor, standing), now);
        view.require(&question.need())?;
        question.run(&mut view).await
    }

    fn view(
        &self,
        transaction: Transaction<'static, Any>,
        property: Property,
        (actor, standing): (Actor, Standing),
        now: UnixSeconds,
    ) -> View<'_> {
        let (signers, zones) = (&*self.signers, &*self.zones);
        View { transaction, vault: &self.secrets, signers, zones, property, actor, standing, now }
    }

    async fn attempt<U: UseCase>(
        &self,
        actor: Actor,
        property: PropertyId,
        use_case: &U,
        now: UnixSeconds,
        random: &mut Random,
    ) -> Result<U::Answer, Error> {
        let mut work = self.work(actor, property, use_case, now, random).await?;
        let answer = use_case.run(&mut work).await?;
        if U::IS_AUDITED {
            let entry = Entry {
                revision: work.revision(),
                at: now,
                account: actor.account(),
                action: U::NAME.to_owned(),
                subject: work.subject.to_string(),
                done: true,
            };
            store::audit::append(&mut work.view.transaction, work.view.property.id, &entry).await?;
        }
        work.view.transaction.commit().await.map_err(StoreError::from)?;
        Ok(answer)
    }

    /// A transaction in which the actor may do what the use case needs.
    async fn work<'a, U: UseCase>(
        &'a self,
        actor: Actor,
        property: PropertyId,
        use_case: &U,
        now: UnixSeconds,
        random: &'a mut Random,
    ) -> Result<Work<'a>, Error> {
        let mut transaction = self.store.begin().await?;
        // Who has nothing to do with a property learns nothing of it, not even whether it is there.
        let property =
            store::property::lock(&mut transaction, property).await?.ok_or(NotPermitted::Stranger)?;
        let standing = store::account::standing(&mut transaction, actor, &property).await?;
        let view = self.view(transaction, property, (actor, standing), now);
        let work = Work::new(view, use_case.subject(), random);
        work.require(&use_case.need())?;
        Ok(work)
    }

    /// A transaction of its own, because the one that was denied leaves nothing behind. A property that is not there has no log.
    async fn note_denial<U: UseCase>(
        &self,
        actor: Actor,
        property: PropertyId,
        use_case: &U,
        now: UnixSeconds,
    ) -> Result<(), Error> {
        let mut transaction = self.store.begin().await?;
        let Some(property) = store::property::lock(&mut transaction, property).await? else { return Ok(()) };
        let entry = Entry {
            revision: property.revision,
            at: now,
            account: actor.account(),
            action: U::NAME.to_owned(),
            subject: use_case.subject().to_string(),
            done: false,
        };
        store::audit::append(&mut transaction, property.id, &entry).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(())
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Host")
    }
}

impl fmt::Debug for Office {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Office")
    }
}
