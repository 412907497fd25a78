//! What of the activity somebody is shown, newest first. What is hidden is left out here, so that no page and no count tells of it.

use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{DoorId, HolderId, PropertyId};
use thumbturn_protocol::record::ActuatorResult;
use thumbturn_protocol::time::UnixSeconds;

use crate::ids::AccountId;
use crate::office::model::activity::bolt_from_code;
use crate::office::model::{Happening, Method};
use crate::office::store::StoreError;
use crate::office::store::statement::{Record, Statement, sql};

/// A stretch of the activity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// Not before this.
    pub(crate) from: UnixSeconds,
    /// Only what is older than this place: instant, revision, door, place.
    pub(crate) before: (UnixSeconds, u64, DoorId, u32),
    /// At most so many.
    pub(crate) limit: u32,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filter {
    pub(crate) window: Window,
    pub(crate) door: Option<DoorId>,
    pub(crate) person: Option<HolderId>,
}

/// Somebody by name, where one is still known.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) holder: HolderId,
    pub(crate) name: Option<String>,
}

/// An entry as it is shown.
pub(crate) struct Shown {
    pub(crate) at: UnixSeconds,
    pub(crate) revision: u64,
    pub(crate) door: DoorId,
    pub(crate) place: u32,
    pub(crate) door_name: String,
    pub(crate) is_unsure: bool,
    pub(crate) method: Method,
    pub(crate) happening: Happening,
    pub(crate) bolt: Option<ActuatorResult>,
    pub(crate) person: Option<Named>,
    pub(crate) is_guest: bool,
    pub(crate) granter: Option<Named>,
    pub(crate) is_resident: bool,
    pub(crate) is_anonymous: bool,
}

macro_rules! select {
    ($($which:expr),*) => {
        concat!(
            "SELECT activity.at, activity.revision, activity.door_id, activity.place, activity.unsure, activity.method, activity.result, \
             activity.times, activity.bolt, activity.holder_id, activity.guest, activity.granter_id, activity.resident, \
             activity.anonymous, door.name AS door_name, \
             COALESCE(account.first_name || ' ' || account.last_name, person.kept_name) AS person_name, \
             COALESCE(granting.first_name || ' ' || granting.last_name, granter.kept_name) AS granter_name \
             FROM activity JOIN door ON door.property_id = activity.property_id AND door.door_id = activity.door_id \
             LEFT JOIN person ON person.property_id = activity.property_id AND person.holder_id = activity.holder_id \
             LEFT JOIN account ON account.account_id = person.account_id \
             LEFT JOIN person AS granter ON granter.property_id = activity.property_id AND granter.holder_id = activity.granter_id \
             LEFT JOIN account AS granting ON granting.account_id = granter.account_id \
             WHERE activity.property_id = $1 AND activity.at >= $2 AND activity.at <= $3 AND (activity.at < $3 \
             OR activity.revision < $4 OR (activity.revision = $4 AND (activity.door_id < $5 \
             OR (activity.door_id = $5 AND activity.place < $6))))",
            $($which,)*
            " ORDER BY activity.at DESC, activity.revision DESC, activity.door_id DESC, activity.place DESC LIMIT $7"
        )
    };
}

/// What a manager may see of doors in his Keys: $8 is now, $9 whether he manages all Keys, $10 his account. It was his to see when it
/// was noted, and it is now, decided in the order of R-157: the door is public; the person manages; the person lives there.
macro_rules! to_managers {
    ($($filter:literal)?) => {
        select!(
            " AND activity.visible = 1 AND EXISTS (SELECT 1 FROM door_of_key WHERE door_of_key.property_id = $1 \
             AND door_of_key.door_id = activity.door_id AND ($9 = 1 OR EXISTS (SELECT 1 FROM property_manager_key \
             WHERE property_manager_key.property_id = $1 AND property_manager_key.account_id = $10 \
             AND property_manager_key.key_id = door_of_key.key_id))) AND (door.kind <> 1 \
             OR EXISTS (SELECT 1 FROM property_manager WHERE property_manager.property_id = $1 \
             AND property_manager.account_id = person.account_id AND (property_manager.key_management > 0 \
             OR property_manager.manages_devices > 0 OR property_manager.installs_devices > 0)) \
             OR EXISTS (SELECT 1 FROM portfolio_manager JOIN property ON property.portfolio_id = portfolio_manager.portfolio_id \
             WHERE property.property_id = $1 AND portfolio_manager.account_id = person.account_id) \
             OR NOT EXISTS (SELECT 1 FROM residence WHERE residence.property_id = $1 AND residence.holder_id = activity.holder_id \
             AND residence.door_id = activity.door_id AND residence.starts_at <= $8 \
             AND (residence.ends_at IS NULL OR residence.ends_at > $8)))"
            $(, $filter)?
        )
    };
}

/// What $8 may see as somebody who lives or comes here, now being $9: what is the person's own, but at private doors only where the person
/// lived then; what the person's guests did; and what happened at a private door behind which the person lived then and lives now (R-155,
///
macro_rules! to_person {
    ($($filter:literal)?) => {
        select!(
            " AND ((activity.holder_id = $8 AND (door.kind <> 1 OR activity.resident = 1)) \
             OR (activity.granter_id = $8 AND (door.kind <> 1 OR activity.resident = 0)) \
             OR (door.kind = 1 AND EXISTS (SELECT 1 FROM residence WHERE residence.property_id = $1 AND residence.holder_id = $8 \
             AND residence.door_id = activity.door_id AND residence.starts_at <= activity.at \
             AND (residence.ends_at IS NULL OR residence.ends_at > activity.at)) \
             AND EXISTS (SELECT 1 FROM residence WHERE residence.property_id = $1 AND residence.holder_id = $8 \
             AND residence.door_id = activity.door_id AND residence.starts_at <= $9 \
             AND (residence.ends_at IS NULL OR residence.ends_at > $9))))"
            $(, $filter)?
        )
    };
}

const MANAGED: &str = to_managers!();
const MANAGED_AT: &str = to_managers!(" AND activity.door_id = $11");
const MANAGED_OF: &str = to_managers!(" AND activity.holder_id = $11");
const MANAGED_OF_AT: &str = to_managers!(" AND activity.holder_id = $11 AND activity.door_id = $12");
const OWN: &str = to_person!();
const OWN_AT: &str = to_person!(" AND activity.door_id = $10");
const ALL_OF: &str = select!(" AND activity.holder_id = $8");

/// What a manager may see. `scope`: of doors in the Keys that this account manages; otherwise of doors in any Key.
pub(crate) async fn to_managers(
    connection: &mut AnyConnection,
    (property, scope): (PropertyId, Option<AccountId>),
    filter: &Filter,
    now: UnixSeconds,
) -> Result<Vec<Shown>, StoreError> {
    let text = match (filter.person, filter.door) {
        (None, None) => MANAGED,
        (None, Some(_)) => MANAGED_AT,
        (Some(_), None) => MANAGED_OF,
        (Some(_), Some(_)) => MANAGED_OF_AT,
    };
    let mut statement = within(text, property, &filter.window).with(now).with(scope.is_none()).with(scope);
    if let Some(person) = filter.person {
        statement = statement.with(person);
    }
    if let Some(door) = filter.door {
        statement = statement.with(door);
    }
    statement.all(connection).await?.iter().map(read).collect()
}

/// What a person may see without being a manager.
pub(crate) async fn to_person(
    connection: &mut AnyConnection,
    (property, viewer): (PropertyId, HolderId),
    (window, door): (&Window, Option<DoorId>),
    now: UnixSeconds,
) -> Result<Vec<Shown>, StoreError> {
    let text = if door.is_some() { OWN_AT } else { OWN };
    let mut statement = within(text, property, window).with(viewer).with(now);
    if let Some(door) = door {
        statement = statement.with(door);
    }
    statement.all(connection).await?.iter().map(read).collect()
}

/// Everything that names a person as the one who came.
pub(crate) async fn of_person(
    connection: &mut AnyConnection,
    (property, holder): (PropertyId, HolderId),
    window: &Window,
) -> Result<Vec<Shown>, StoreError> {
    let rows = within(ALL_OF, property, window).with(holder).all(connection).await?;
    rows.iter().map(read).collect()
}

fn within(text: &'static str, property: PropertyId, window: &Window) -> Statement {
    let (at, revision, door, place) = window.before;
    sql(text)
        .with(property)
        .with(window.from)
        .with(at)
        .with(revision)
        .with(door)
        .with(place)
        .with(window.limit)
}

fn read(row: &Record) -> Result<Shown, StoreError> {
    let named = |holder, name| {
        let holder: Option<HolderId> = row.find(holder)?;
        let name: Option<String> = row.find(name)?;
        Ok::<_, StoreError>(holder.map(|holder| Named { holder, name }))
    };
    let bolt: Option<u8> = row.find("bolt")?;
    let bolt = bolt.map(|code| bolt_from_code(code).ok_or(StoreError::Damaged("bolt"))).transpose()?;
    Ok(Shown {
        at: row.get("at")?,
        revision: row.get("revision")?,
        door: row.get("door_id")?,
        place: row.get("place")?,
        door_name: row.get("door_name")?,
        is_unsure: row.get("unsure")?,
        method: Method::from_code(row.get("method")?).ok_or(StoreError::Damaged("method"))?,
        happening: Happening::from_code((row.get("result")?, row.get("times")?))
            .ok_or(StoreError::Damaged("result"))?,
        bolt,
        person: named("holder_id", "person_name")?,
        is_guest: row.get("guest")?,
        granter: named("granter_id", "granter_name")?,
        is_resident: row.get("resident")?,
        is_anonymous: row.get("anonymous")?,
    })
}
