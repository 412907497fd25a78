//! The tables that are filled and copied, as the migrations of the office make them; columns that are not named have their defaults.

use thumbturn_manager::office::testing::RawKind::{Bytes, Number, Text};
use thumbturn_manager::office::testing::RawTable;

pub(crate) const PORTFOLIO: RawTable =
    RawTable { name: "portfolio", columns: &[("portfolio_id", Bytes), ("name", Text)] };

pub(crate) const PROPERTY: RawTable = RawTable {
    name: "property",
    columns: &[
        ("property_id", Bytes),
        ("portfolio_id", Bytes),
        ("name", Text),
        ("zone", Text),
        ("residence_code_length", Number),
        ("retention_days", Number),
        ("preload_days", Number),
        ("sealed_key", Bytes),
        ("revision", Number),
        ("last_serial", Number),
        ("last_credential", Number),
    ],
};

pub(crate) const DOOR: RawTable = RawTable {
    name: "door",
    columns: &[
        ("property_id", Bytes),
        ("door_id", Bytes),
        ("name", Text),
        ("kind", Number),
        ("connected", Number),
        ("left_revision", Number),
    ],
};

pub(crate) const DOOR_KEY: RawTable = RawTable {
    name: "door_key",
    columns: &[("property_id", Bytes), ("key_id", Bytes), ("name", Text), ("managed_by_system", Number)],
};

pub(crate) const DOOR_OF_KEY: RawTable = RawTable {
    name: "door_of_key",
    columns: &[
        ("property_id", Bytes),
        ("key_id", Bytes),
        ("door_id", Bytes),
        ("hours", Text),
        ("doorcodes", Number),
    ],
};

pub(crate) const ACCOUNT: RawTable = RawTable {
    name: "account",
    columns: &[
        ("account_id", Bytes),
        ("email", Text),
        ("first_name", Text),
        ("last_name", Text),
        ("telephone", Text),
        ("created_at", Number),
        ("signed_in_at", Number),
    ],
};

pub(crate) const PERSON: RawTable = RawTable {
    name: "person",
    columns: &[
        ("property_id", Bytes),
        ("holder_id", Bytes),
        ("account_id", Bytes),
        ("unit_id", Bytes),
        ("invited_at", Number),
        ("deleted_at", Number),
        ("next_change_at", Number),
    ],
};

pub(crate) const KEY_GRANT: RawTable = RawTable {
    name: "key_grant",
    columns: &[
        ("property_id", Bytes),
        ("key_grant_id", Bytes),
        ("holder_id", Bytes),
        ("key_id", Bytes),
        ("resident", Number),
        ("may_share", Number),
        ("starts_at", Number),
        ("ends_at", Number),
        ("source", Number),
        ("granted_by", Bytes),
        ("granted_at", Number),
    ],
};

pub(crate) const DOORCODE: RawTable = RawTable {
    name: "doorcode",
    columns: &[
        ("property_id", Bytes),
        ("door_id", Bytes),
        ("credential", Number),
        ("serial", Number),
        ("holder_id", Bytes),
        ("digits", Number),
        ("fingerprint", Bytes),
        ("sealed", Bytes),
        ("made_at", Number),
    ],
};

pub(crate) const LIST_ROW: RawTable = RawTable {
    name: "list_row",
    columns: &[
        ("property_id", Bytes),
        ("door_id", Bytes),
        ("fingerprint", Bytes),
        ("holder_id", Bytes),
        ("sealed", Bytes),
        ("schedule", Number),
        ("present", Number),
        ("left_once", Number),
        ("changed", Number),
    ],
};

pub(crate) const PHONE: RawTable = RawTable {
    name: "phone",
    columns: &[("property_id", Bytes), ("phone_id", Bytes), ("holder_id", Bytes), ("enrolled_at", Number)],
};

pub(crate) const PASS: RawTable = RawTable {
    name: "pass",
    columns: &[
        ("property_id", Bytes),
        ("holder_id", Bytes),
        ("door_id", Bytes),
        ("phone_id", Bytes),
        ("door_key", Bytes),
        ("serial", Number),
        ("roles", Number),
        ("starts_at", Number),
        ("ends_at", Number),
        ("hours", Text),
        ("lease_end", Number),
        ("signed", Bytes),
        ("void", Number),
    ],
};

pub(crate) const AUDIT: RawTable = RawTable {
    name: "audit",
    columns: &[
        ("property_id", Bytes),
        ("revision", Number),
        ("at", Number),
        ("account_id", Bytes),
        ("action", Text),
        ("subject", Text),
        ("done", Number),
        ("head", Bytes),
    ],
};

pub(crate) const IMPORT_BATCH: RawTable = RawTable {
    name: "import_batch",
    columns: &[
        ("property_id", Bytes),
        ("digest", Bytes),
        ("state", Number),
        ("size", Number),
        ("uploaded_by", Bytes),
        ("uploaded_at", Number),
    ],
};

pub(crate) const IMPORT_ROW: RawTable = RawTable {
    name: "import_row",
    columns: &[
        ("property_id", Bytes),
        ("content", Bytes),
        ("digest", Bytes),
        ("line", Number),
        ("holder_id", Bytes),
        ("welcome", Number),
        ("keys", Bytes),
        ("resident", Number),
        ("may_share", Number),
        ("starts_at", Number),
        ("ends_at", Number),
        ("state", Number),
    ],
};

pub(crate) const NOTIFICATION: RawTable = RawTable {
    name: "notification",
    columns: &[
        ("property_id", Bytes),
        ("revision", Number),
        ("place", Number),
        ("account_id", Bytes),
        ("kind", Text),
        ("content", Text),
        ("sent_at", Number),
    ],
};

pub(crate) const DOOR_TASK: RawTable = RawTable {
    name: "door_task",
    columns: &[
        ("property_id", Bytes),
        ("door_id", Bytes),
        ("opened", Number),
        ("reasons", Number),
        ("due_at", Number),
        ("state", Number),
    ],
};
