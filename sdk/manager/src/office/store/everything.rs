//! For tests: all that decides who may open what at a property, read while nobody writes there.

use std::collections::BTreeSet;

use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;

use super::statement::sql;
use super::{Store, StoreError, access, grant, property};
use crate::access::{Access, KeyGrant};
use crate::ids::{KeyGrantId, KeyId};

/// All that decides who may open what at a property.
#[derive(Clone, Debug)]
pub struct Everything {
    /// When something was written last.
    pub at: UnixSeconds,
    /// Of what was written last.
    pub revision: u64,
    /// Doors, by name.
    pub doors: Vec<DoorId>,
    /// Keys, by name.
    pub keys: Vec<KeyId>,
    /// People who were not deleted.
    pub people: BTreeSet<HolderId>,
    /// What people hold, or are to hold later; also those who were deleted, who should hold nothing.
    pub grants: Vec<(KeyGrantId, KeyGrant)>,
    /// What follows for all of them.
    pub access: Access,
}

/// Waits for whoever writes at the property, also for what is left of a host that has died, and then reads.
pub(crate) async fn read(store: &Store, id: PropertyId) -> Result<Option<Everything>, StoreError> {
    let mut transaction = store.begin().await?;
    let Some(property) = property::lock(&mut transaction, id).await? else { return Ok(None) };
    let newest =
        sql("SELECT MAX(at) AS at FROM audit WHERE property_id = $1").with(id).one(&mut transaction).await?;
    let at: UnixSeconds = newest.ok_or(StoreError::Damaged("audit"))?.get("at")?;
    let keys = sql("SELECT key_id FROM door_key WHERE property_id = $1 ORDER BY name")
        .with(id)
        .all(&mut transaction)
        .await?;
    let rows =
        sql("SELECT holder_id, CASE WHEN deleted_at IS NULL THEN 0 ELSE 1 END AS deleted FROM person \
                    WHERE property_id = $1 ORDER BY holder_id")
        .with(id)
        .all(&mut transaction)
        .await?;
    let (mut people, mut everybody, mut grants) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for row in rows {
        let holder: HolderId = row.get("holder_id")?;
        everybody.insert(holder);
        if !row.get::<bool>("deleted")? {
            people.insert(holder);
        }
        let live = grant::live(&mut transaction, id, holder, at).await?;
        grants.extend(live.into_iter().map(|record| (record.id, record.grant)));
    }
    let everything = Everything {
        at,
        revision: property.revision.saturating_sub(1),
        doors: super::door::all(&mut transaction, id).await?.into_iter().map(|door| door.id).collect(),
        keys: keys.iter().map(|row| row.get("key_id")).collect::<Result<_, _>>()?,
        people,
        grants,
        access: access::of(&mut transaction, id, &everybody, at).await?,
    };
    transaction.rollback().await?;
    Ok(Some(everything))
}
