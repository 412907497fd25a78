//! What tests of activity, retention and privacy look into.

use thumbturn_protocol::event::LoggedEvent;
use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId};
use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use thumbturn_protocol::time::UnixSeconds;

use crate::ids::AccountId;
use crate::office::audit::Subject;
use crate::office::permission::Standing;
use crate::office::store::property;
use crate::office::store::statement::sql;
use crate::office::work::Work;
use crate::office::{Actor, Error, Office, StoreError, Thing, activity, store};

impl Office {
    /// Notes what a batch of a door's log has that is new.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn note_events(
        &self,
        property: PropertyId,
        door: DoorId,
        events: &[LoggedEvent],
        now: UnixSeconds,
    ) -> Result<(), Error> {
        let mut transaction = self.store.begin().await?;
        let found =
            property::lock(&mut transaction, property).await?.ok_or(Error::NotFound(Thing::Property))?;
        let door = store::door::find(&mut transaction, property, door).await?;
        let door = door.ok_or(Error::NotFound(Thing::Door))?;
        let view = self.view(transaction, found, (Actor::Host, Standing::Host), now);
        let mut none = NoRandom;
        let mut work = Work::new(view, Subject::Property, &mut none);
        activity::note(&mut work, &door, events).await?;
        Ok(work.view.transaction.commit().await.map_err(StoreError::from)?)
    }

    /// What the settings of a property do that ask people for consent to a text; 0: they ask for none.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn ask_consent(
        &self,
        property: PropertyId,
        version: u32,
        now: UnixSeconds,
    ) -> Result<(), Error> {
        let mut transaction = self.store.begin().await?;
        store::consent::want(&mut transaction, property, version, now).await?;
        Ok(transaction.commit().await.map_err(StoreError::from)?)
    }

    /// What the messages of the outbox to an account say.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn notice_contents(
        &self,
        property: PropertyId,
        account: AccountId,
    ) -> Result<Vec<String>, Error> {
        let mut transaction = self.store.begin().await?;
        let text = "SELECT content FROM notification WHERE property_id = $1 AND account_id = $2 ORDER BY revision, place";
        let rows = sql(text).with(property).with(account).all(&mut transaction).await?;
        Ok(rows.iter().map(|row| row.get("content")).collect::<Result<_, _>>()?)
    }

    /// How many rows of each kind the store has that name a person in any way.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn traces(
        &self,
        property: PropertyId,
        person: HolderId,
    ) -> Result<Vec<(&'static str, u64)>, Error> {
        let mut transaction = self.store.begin().await?;
        let mut traces = Vec::new();
        for (name, text) in TRACES {
            let row = sql(text).with(property).with(person).one(&mut transaction).await?;
            let count: u64 = row.ok_or(StoreError::Damaged("count"))?.get("found")?;
            if count > 0 {
                traces.push((name, count));
            }
        }
        Ok(traces)
    }
}

/// What may name a person; the tombstone itself does not count without a name.
const TRACES: [(&str, &str); 13] = [
    (
        "activity",
        "SELECT COUNT(*) AS found FROM activity WHERE property_id = $1 AND (holder_id = $2 OR granter_id = $2)",
    ),
    ("consent", "SELECT COUNT(*) AS found FROM consent WHERE property_id = $1 AND holder_id = $2"),
    (
        "credential_owner",
        "SELECT COUNT(*) AS found FROM credential_owner WHERE property_id = $1 AND holder_id = $2",
    ),
    ("daily_code", "SELECT COUNT(*) AS found FROM daily_code WHERE property_id = $1 AND granter_id = $2"),
    (
        "guest_grant",
        "SELECT COUNT(*) AS found FROM guest_grant WHERE property_id = $1 AND (guest_id = $2 OR granter_id = $2)",
    ),
    ("import_row", "SELECT COUNT(*) AS found FROM import_row WHERE property_id = $1 AND holder_id = $2"),
    ("key_grant", "SELECT COUNT(*) AS found FROM key_grant WHERE property_id = $1 AND holder_id = $2"),
    ("keycard", "SELECT COUNT(*) AS found FROM keycard WHERE property_id = $1 AND holder_id = $2"),
    ("pass", "SELECT COUNT(*) AS found FROM pass WHERE property_id = $1 AND holder_id = $2"),
    (
        "person",
        "SELECT COUNT(*) AS found FROM person WHERE property_id = $1 AND holder_id = $2 \
                AND (account_id IS NOT NULL OR kept_name IS NOT NULL OR unit_id IS NOT NULL)",
    ),
    ("phone", "SELECT COUNT(*) AS found FROM phone WHERE property_id = $1 AND holder_id = $2"),
    (
        "phone_invitation",
        "SELECT COUNT(*) AS found FROM phone_invitation WHERE property_id = $1 AND holder_id = $2",
    ),
    ("residence", "SELECT COUNT(*) AS found FROM residence WHERE property_id = $1 AND holder_id = $2"),
];

/// Noting events draws nothing.
struct NoRandom;

impl SecureRandom for NoRandom {
    fn fill(&mut self, _: &mut [u8]) -> Result<(), RandomFailed> {
        Err(RandomFailed)
    }
}
