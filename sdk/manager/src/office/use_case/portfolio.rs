//! A portfolio, its first manager, and its properties.

use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::time::UnixSeconds;

use crate::ids::{AccountId, PortfolioId};
use crate::office::audit::{Entry, Subject};
use crate::office::model::{DaysSetting, EmailAddress, Name, PersonName};
use crate::office::permission::NotPermitted;
use crate::office::store::property::NewProperty;
use crate::office::store::statement::sql;
use crate::office::store::{self, StoreError};
use crate::office::{Actor, Error, Invalid, Office, Random};

/// What a property begins with; the rest has a default that can be changed later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyDraft {
    /// Its name.
    pub name: Name,
    /// Its IANA time zone, such as `Europe/Berlin`.
    pub zone: String,
    /// For how many days activity is kept: 730, 90 in New York City; 1…3,650.
    pub retention_days: u32,
}

/// A property of somebody's portfolios.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyLine {
    /// Which.
    pub property: PropertyId,
    /// Of which portfolio.
    pub portfolio: PortfolioId,
    /// Its name. Two may have the same.
    pub name: String,
    /// Its IANA time zone.
    pub zone: String,
}

impl Office {
    /// The properties that somebody manages, by name; for the host, all.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn properties(&self, actor: Actor) -> Result<Vec<PropertyLine>, Error> {
        let mut transaction = self.store.begin().await?;
        let records = store::property::managed_by(&mut transaction, actor.account()).await?;
        let line = |record: store::property::PropertyRecord| PropertyLine {
            property: record.id,
            portfolio: record.portfolio,
            name: record.name,
            zone: record.zone,
        };
        Ok(records.into_iter().map(line).collect())
    }

    /// Founds a portfolio with its first Portfolio Manager, whose account is made where there is none. For the host: nobody has rights before.
    ///
    /// # Errors
    ///
    /// [`Error::Store`], [`Error::Random`].
    pub async fn found(
        &self,
        name: &Name,
        (email, manager): (&EmailAddress, &PersonName),
        now: UnixSeconds,
        random: &mut Random,
    ) -> Result<(PortfolioId, AccountId), Error> {
        let (portfolio, account) = (PortfolioId::random(random)?, AccountId::random(random)?);
        let mut transaction = self.store.begin().await?;
        sql("INSERT INTO portfolio (portfolio_id, name) VALUES ($1, $2)")
            .with(portfolio)
            .with(name.as_str())
            .run(&mut transaction)
            .await?;
        let (account, _) =
            store::account::find_or_insert(&mut transaction, email, manager, account, now).await?;
        store::account::add_portfolio_manager(&mut transaction, portfolio, account, now).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok((portfolio, account))
    }

    /// Opens a property of a portfolio. For the host and for Portfolio Managers.
    ///
    /// # Errors
    ///
    /// [`Error::NotPermitted`], [`Invalid::Zone`] for a zone that the host's rules do not know, [`Invalid::Days`], [`Error::KeyStore`],
    /// [`Error::Store`], [`Error::Random`].
    pub async fn open_property(
        &self,
        actor: Actor,
        portfolio: PortfolioId,
        draft: &PropertyDraft,
        now: UnixSeconds,
        random: &mut Random,
    ) -> Result<PropertyId, Error> {
        let id = PropertyId::random(random)?;
        let mut transaction = self.store.begin().await?;
        if let Actor::Account(account) = actor {
            let is_manager =
                store::account::is_portfolio_manager(&mut transaction, portfolio, account).await?;
            is_manager.then_some(()).ok_or(NotPermitted::NotPortfolioManager)?;
        }
        self.zones.zone(&draft.zone, now).ok_or(Invalid::Zone)?;
        let retention_days = DaysSetting::Retention.check(draft.retention_days)?;
        let new = NewProperty {
            id,
            portfolio,
            name: draft.name.as_str(),
            zone: &draft.zone,
            retention_days,
            sealed_key: self.secrets.wrapped_key(random)?,
        };
        store::property::insert(&mut transaction, new).await?;
        let entry = Entry {
            revision: 0,
            at: now,
            account: actor.account(),
            action: "open property".to_owned(),
            subject: Subject::Property.to_string(),
            done: true,
        };
        store::audit::append(&mut transaction, id, &entry).await?;
        transaction.commit().await.map_err(StoreError::from)?;
        Ok(id)
    }
}
