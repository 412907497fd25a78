//! What a property is set to.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::time::UnixSeconds;

use super::StoreError;
use super::statement::sql;

/// What a property is set to, in days and instants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SettingsRecord {
    pub(crate) lease: LeaseRecord,
    pub(crate) staff_lease: LeaseRecord,
    pub(crate) preload_days: u32,
    pub(crate) retention_days: u32,
    pub(crate) couriers: bool,
    /// 0: there are none.
    pub(crate) round_days: u32,
    /// Of the text to which people have to consent; 0: none.
    pub(crate) consent_version: u32,
}

/// For how long phones may stay offline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LeaseRecord {
    pub(crate) days: u32,
    /// Until then a phone may have a grant with a longer one.
    pub(crate) longer_until: UnixSeconds,
}

/// What a property is set to.
pub(crate) async fn find(
    connection: &mut AnyConnection,
    property: PropertyId,
) -> Result<SettingsRecord, StoreError> {
    let row = sql("SELECT lease_days, lease_until, staff_lease_days, staff_lease_until, preload_days, retention_days, couriers, \
                   round_days, consent_version FROM property WHERE property_id = $1")
        .with(property)
        .one(connection)
        .await?;
    let row = row.ok_or(StoreError::Damaged("property"))?;
    Ok(SettingsRecord {
        lease: LeaseRecord { days: row.get("lease_days")?, longer_until: row.get("lease_until")? },
        staff_lease: LeaseRecord {
            days: row.get("staff_lease_days")?,
            longer_until: row.get("staff_lease_until")?,
        },
        preload_days: row.get("preload_days")?,
        retention_days: row.get("retention_days")?,
        couriers: row.get("couriers")?,
        round_days: row.get("round_days")?,
        consent_version: row.get("consent_version")?,
    })
}

/// Sets a property to this.
pub(crate) async fn set(
    connection: &mut AnyConnection,
    property: PropertyId,
    settings: &SettingsRecord,
) -> Result<(), StoreError> {
    sql("UPDATE property SET lease_days = $1, lease_until = $2, staff_lease_days = $3, staff_lease_until = $4, preload_days = $5, \
         retention_days = $6, couriers = $7, round_days = $8 WHERE property_id = $9")
        .with(settings.lease.days)
        .with(settings.lease.longer_until)
        .with(settings.staff_lease.days)
        .with(settings.staff_lease.longer_until)
        .with(settings.preload_days)
        .with(settings.retention_days)
        .with(settings.couriers)
        .with(settings.round_days)
        .with(property)
        .run(connection)
        .await?;
    Ok(())
}
