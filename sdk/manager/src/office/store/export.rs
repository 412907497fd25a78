//! Everything that a property has of one person, as JSON. No digits of codes and no keys are in it.

use serde_json::{Map, Value as Json};
use sqlx_core::any::AnyConnection;
use thumbturn_protocol::ids::{HolderId, PropertyId};
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::zone::UtcOffset;

use super::StoreError;
use super::statement::{Record, sql};
use crate::office::calendar::rfc3339;

/// How a column is told.
#[derive(Clone, Copy)]
enum Kind {
    /// As RFC 3339 has it, in UTC.
    Instant,
    /// In hexadecimal.
    Name,
    Number,
    Text,
    Truth,
}

/// What one part of the export says; $1 is the property, $2 the person.
struct Section {
    name: &'static str,
    text: &'static str,
    columns: &'static [(&'static str, Kind)],
}

const SECTIONS: &[Section] = &[
    Section {
        name: "person",
        text: "SELECT person.holder_id, account.email, account.first_name, account.last_name, account.telephone, account.created_at, \
               account.signed_in_at, unit.name AS unit, person.invited_at, person.deleted_at, person.kept_name FROM person \
               LEFT JOIN account ON account.account_id = person.account_id \
               LEFT JOIN unit ON unit.property_id = person.property_id AND unit.unit_id = person.unit_id \
               WHERE person.property_id = $1 AND person.holder_id = $2",
        columns: &[
            ("holder_id", Kind::Name),
            ("email", Kind::Text),
            ("first_name", Kind::Text),
            ("last_name", Kind::Text),
            ("telephone", Kind::Text),
            ("created_at", Kind::Instant),
            ("signed_in_at", Kind::Instant),
            ("unit", Kind::Text),
            ("invited_at", Kind::Instant),
            ("deleted_at", Kind::Instant),
            ("kept_name", Kind::Text),
        ],
    },
    Section {
        name: "permissions",
        text: "SELECT property_manager.key_management, property_manager.manages_devices, property_manager.installs_devices, \
               property_manager.since FROM property_manager JOIN person ON person.account_id = property_manager.account_id \
               AND person.property_id = property_manager.property_id \
               WHERE property_manager.property_id = $1 AND person.holder_id = $2",
        columns: &[
            ("key_management", Kind::Number),
            ("manages_devices", Kind::Truth),
            ("installs_devices", Kind::Truth),
            ("since", Kind::Instant),
        ],
    },
    // What a Key is called is not for those who hold it: its doors are.
    Section {
        name: "access",
        text: "SELECT door.name AS door, key_grant.resident, key_grant.may_share, key_grant.starts_at, key_grant.ends_at, \
               key_grant.granted_at, key_grant.ended_at FROM key_grant \
               LEFT JOIN door_of_key ON door_of_key.property_id = key_grant.property_id AND door_of_key.key_id = key_grant.key_id \
               LEFT JOIN door ON door.property_id = door_of_key.property_id AND door.door_id = door_of_key.door_id \
               WHERE key_grant.property_id = $1 AND key_grant.holder_id = $2 \
               ORDER BY key_grant.granted_at, key_grant.key_grant_id, door.name",
        columns: &[
            ("door", Kind::Text),
            ("resident", Kind::Truth),
            ("may_share", Kind::Truth),
            ("starts_at", Kind::Instant),
            ("ends_at", Kind::Instant),
            ("granted_at", Kind::Instant),
            ("ended_at", Kind::Instant),
        ],
    },
    Section {
        name: "homes",
        text: "SELECT door.name AS door, residence.starts_at, residence.ends_at FROM residence \
               JOIN door ON door.property_id = residence.property_id AND door.door_id = residence.door_id \
               WHERE residence.property_id = $1 AND residence.holder_id = $2 ORDER BY residence.starts_at, door.name",
        columns: &[("door", Kind::Text), ("starts_at", Kind::Instant), ("ends_at", Kind::Instant)],
    },
    Section {
        name: "guests",
        text: "SELECT account.email, account.first_name, account.last_name, door.name AS door, guest_grant.doorcodes, \
               guest_grant.starts_at, guest_grant.ends_at, guest_grant.service, guest_grant.granted_at, guest_grant.ended_at \
               FROM guest_grant \
               JOIN person ON person.property_id = guest_grant.property_id AND person.holder_id = guest_grant.guest_id \
               LEFT JOIN account ON account.account_id = person.account_id \
               LEFT JOIN door_of_guest ON door_of_guest.property_id = guest_grant.property_id \
               AND door_of_guest.guest_grant_id = guest_grant.guest_grant_id \
               LEFT JOIN door ON door.property_id = door_of_guest.property_id AND door.door_id = door_of_guest.door_id \
               WHERE guest_grant.property_id = $1 AND guest_grant.granter_id = $2 \
               ORDER BY guest_grant.granted_at, guest_grant.guest_grant_id, door.name",
        columns: &[
            ("email", Kind::Text),
            ("first_name", Kind::Text),
            ("last_name", Kind::Text),
            ("door", Kind::Text),
            ("doorcodes", Kind::Truth),
            ("starts_at", Kind::Instant),
            ("ends_at", Kind::Instant),
            ("service", Kind::Text),
            ("granted_at", Kind::Instant),
            ("ended_at", Kind::Instant),
        ],
    },
    Section {
        name: "visits",
        text: "SELECT account.first_name AS host_first_name, account.last_name AS host_last_name, door.name AS door, \
               guest_grant.doorcodes, guest_grant.starts_at, guest_grant.ends_at, guest_grant.service, guest_grant.granted_at, \
               guest_grant.ended_at FROM guest_grant \
               JOIN person ON person.property_id = guest_grant.property_id AND person.holder_id = guest_grant.granter_id \
               LEFT JOIN account ON account.account_id = person.account_id \
               LEFT JOIN door_of_guest ON door_of_guest.property_id = guest_grant.property_id \
               AND door_of_guest.guest_grant_id = guest_grant.guest_grant_id \
               LEFT JOIN door ON door.property_id = door_of_guest.property_id AND door.door_id = door_of_guest.door_id \
               WHERE guest_grant.property_id = $1 AND guest_grant.guest_id = $2 \
               ORDER BY guest_grant.granted_at, guest_grant.guest_grant_id, door.name",
        columns: &[
            ("host_first_name", Kind::Text),
            ("host_last_name", Kind::Text),
            ("door", Kind::Text),
            ("doorcodes", Kind::Truth),
            ("starts_at", Kind::Instant),
            ("ends_at", Kind::Instant),
            ("service", Kind::Text),
            ("granted_at", Kind::Instant),
            ("ended_at", Kind::Instant),
        ],
    },
    Section {
        name: "daily_codes",
        text: "SELECT door.name AS door, daily_code.day, daily_code.kind, daily_code.issued_at, daily_code.email, \
               daily_code.telephone, daily_code.service, daily_code.revoked_at FROM daily_code \
               JOIN door ON door.property_id = daily_code.property_id AND door.door_id = daily_code.door_id \
               WHERE daily_code.property_id = $1 AND daily_code.granter_id = $2 ORDER BY daily_code.day, door.name, daily_code.slot",
        columns: &[
            ("door", Kind::Text),
            ("day", Kind::Number),
            ("kind", Kind::Number),
            ("issued_at", Kind::Instant),
            ("email", Kind::Text),
            ("telephone", Kind::Text),
            ("service", Kind::Text),
            ("revoked_at", Kind::Instant),
        ],
    },
    Section {
        name: "doorcodes",
        text: "SELECT door.name AS door, doorcode.digits, doorcode.made_at, doorcode.retired_at FROM doorcode \
               JOIN door ON door.property_id = doorcode.property_id AND door.door_id = doorcode.door_id \
               WHERE doorcode.property_id = $1 AND doorcode.holder_id = $2 ORDER BY door.name, doorcode.credential",
        columns: &[
            ("door", Kind::Text),
            ("digits", Kind::Number),
            ("made_at", Kind::Instant),
            ("retired_at", Kind::Instant),
        ],
    },
    Section {
        name: "keycards",
        text: "SELECT token, activated_at, deactivated_at FROM keycard WHERE property_id = $1 AND holder_id = $2 ORDER BY serial",
        columns: &[("token", Kind::Name), ("activated_at", Kind::Instant), ("deactivated_at", Kind::Instant)],
    },
    Section {
        name: "phones",
        text: "SELECT phone_id, enrolled_at, revoked_at FROM phone WHERE property_id = $1 AND holder_id = $2 \
               ORDER BY enrolled_at, phone_id",
        columns: &[("phone_id", Kind::Name), ("enrolled_at", Kind::Instant), ("revoked_at", Kind::Instant)],
    },
    Section {
        name: "phone_grants",
        text: "SELECT door.name AS door, pass.phone_id, pass.starts_at, pass.ends_at, pass.lease_end FROM pass \
               JOIN door ON door.property_id = pass.property_id AND door.door_id = pass.door_id \
               WHERE pass.property_id = $1 AND pass.holder_id = $2 ORDER BY pass.serial",
        columns: &[
            ("door", Kind::Text),
            ("phone_id", Kind::Name),
            ("starts_at", Kind::Instant),
            ("ends_at", Kind::Instant),
            ("lease_end", Kind::Instant),
        ],
    },
    Section {
        name: "consents",
        text: "SELECT version, given_at, channel, withdrawn_at FROM consent WHERE property_id = $1 AND holder_id = $2 ORDER BY given_at",
        columns: &[
            ("version", Kind::Number),
            ("given_at", Kind::Instant),
            ("channel", Kind::Number),
            ("withdrawn_at", Kind::Instant),
        ],
    },
    Section {
        name: "messages",
        text: "SELECT notification.kind, notification.content, notification.sent_at FROM notification \
               JOIN person ON person.property_id = notification.property_id AND person.account_id = notification.account_id \
               WHERE notification.property_id = $1 AND person.holder_id = $2 ORDER BY notification.revision, notification.place",
        columns: &[("kind", Kind::Text), ("content", Kind::Text), ("sent_at", Kind::Instant)],
    },
];

/// Everything but the activity: for each part a list of what is there.
pub(crate) async fn of_person(
    connection: &mut AnyConnection,
    (property, holder): (PropertyId, HolderId),
) -> Result<Map<String, Json>, StoreError> {
    let mut export = Map::new();
    for section in SECTIONS {
        let rows = sql(section.text).with(property).with(holder).all(connection).await?;
        let told = rows.iter().map(|row| told(row, section.columns)).collect::<Result<Vec<_>, _>>()?;
        export.insert(section.name.to_owned(), Json::Array(told));
    }
    Ok(export)
}

fn told(row: &Record, columns: &[(&'static str, Kind)]) -> Result<Json, StoreError> {
    let mut object = Map::new();
    for &(column, kind) in columns {
        let value = match kind {
            Kind::Instant => row.find::<UnixSeconds>(column)?.map(|at| Json::String(utc(at))),
            Kind::Name => row.find::<Vec<u8>>(column)?.map(|name| Json::String(hexadecimal(&name))),
            Kind::Number => row.find::<u64>(column)?.map(Json::from),
            Kind::Text => row.find::<String>(column)?.map(Json::String),
            Kind::Truth => row.find::<bool>(column)?.map(Json::Bool),
        };
        object.insert(column.to_owned(), value.unwrap_or(Json::Null));
    }
    Ok(Json::Object(object))
}

/// An instant in UTC.
pub(crate) fn utc(instant: UnixSeconds) -> String {
    rfc3339(instant, UtcOffset::UTC)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
