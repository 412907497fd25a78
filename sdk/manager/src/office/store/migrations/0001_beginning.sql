-- Instants are seconds since 1970, identifiers and whatever is sealed are bytes, truth is 0 or 1.

-- Global: who signs in, and what is under one roof.

CREATE TABLE portfolio (
    portfolio_id BYTEA NOT NULL PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE account (
    account_id BYTEA NOT NULL PRIMARY KEY,
    email TEXT UNIQUE, -- normalised; none: deleted
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    telephone TEXT,
    created_at BIGINT NOT NULL,
    signed_in_at BIGINT
);

CREATE TABLE portfolio_manager (
    portfolio_id BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    PRIMARY KEY (portfolio_id, account_id)
);

-- Of one property.

CREATE TABLE property (
    property_id BYTEA NOT NULL PRIMARY KEY,
    portfolio_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    zone TEXT NOT NULL,
    residence_code_length BIGINT NOT NULL,
    retention_days BIGINT NOT NULL,
    preload_days BIGINT NOT NULL,
    sealed_key BYTEA NOT NULL, -- its data key, as the host's keystore sealed it
    revision BIGINT NOT NULL,  -- counts its transactions; the first statement of each raises it
    last_serial BIGINT NOT NULL,
    last_credential BIGINT NOT NULL
);
CREATE INDEX property_by_portfolio ON property (portfolio_id);

CREATE TABLE property_manager (
    property_id BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    key_management BIGINT NOT NULL, -- 0 none, 1 some Keys, 2 all Keys, 3 full
    manages_devices BIGINT NOT NULL,
    installs_devices BIGINT NOT NULL,
    PRIMARY KEY (property_id, account_id)
);

CREATE TABLE property_manager_key (
    property_id BYTEA NOT NULL,
    account_id BYTEA NOT NULL,
    key_id BYTEA NOT NULL,
    PRIMARY KEY (property_id, account_id, key_id)
);

CREATE TABLE unit (
    property_id BYTEA NOT NULL,
    unit_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    floor TEXT,
    external_id TEXT,
    PRIMARY KEY (property_id, unit_id),
    UNIQUE (property_id, name)
);

CREATE TABLE door (
    property_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    kind BIGINT NOT NULL, -- 0 building entrance, 1 residence, 2 service, 3 communal
    unit_id BYTEA,
    zone TEXT,
    connected BIGINT NOT NULL, -- whether it is reached without a phone
    left_revision BIGINT NOT NULL, -- up to here, changes of its list have left in a parcel
    PRIMARY KEY (property_id, door_id),
    UNIQUE (property_id, name)
);

CREATE TABLE person (
    property_id BYTEA NOT NULL,
    holder_id BYTEA NOT NULL,
    account_id BYTEA, -- none: deleted
    unit_id BYTEA,
    invited_at BIGINT NOT NULL,
    deleted_at BIGINT,
    next_change_at BIGINT, -- when what a door has for the person is over, whatever comes after
    kept_name TEXT, -- of somebody deleted, for the activity, until retention ends
    PRIMARY KEY (property_id, holder_id),
    UNIQUE (property_id, account_id)
);
CREATE INDEX person_by_account ON person (account_id);
CREATE INDEX person_by_change ON person (property_id, next_change_at);

-- A Key (R-040): doors, each with hours and with or without doorcodes.

CREATE TABLE door_key (
    property_id BYTEA NOT NULL,
    key_id BYTEA NOT NULL,
    name TEXT NOT NULL,
    managed_by_system BIGINT NOT NULL,
    PRIMARY KEY (property_id, key_id),
    UNIQUE (property_id, name)
);

CREATE TABLE door_of_key (
    property_id BYTEA NOT NULL,
    key_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    hours TEXT NOT NULL,
    doorcodes BIGINT NOT NULL,
    PRIMARY KEY (property_id, key_id, door_id)
);
CREATE INDEX key_by_door ON door_of_key (property_id, door_id);

CREATE TABLE key_grant (
    property_id BYTEA NOT NULL,
    key_grant_id BYTEA NOT NULL,
    holder_id BYTEA NOT NULL,
    key_id BYTEA NOT NULL,
    resident BIGINT NOT NULL,
    may_share BIGINT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT,
    source BIGINT NOT NULL,     -- 0 by hand, 1 from a CSV file
    granted_by BYTEA,           -- the account; none: the host itself
    granted_at BIGINT NOT NULL,
    ended_at BIGINT,            -- when somebody ended it, before ends_at
    ended_because BIGINT,       -- 0 revoked, 1 its Key was deleted, 2 the person was deleted
    PRIMARY KEY (property_id, key_grant_id)
);
CREATE INDEX key_grant_by_holder ON key_grant (property_id, holder_id);
CREATE INDEX key_grant_by_key ON key_grant (property_id, key_id);

CREATE TABLE guest_grant (
    property_id BYTEA NOT NULL,
    guest_grant_id BYTEA NOT NULL,
    granter_id BYTEA NOT NULL,
    guest_id BYTEA NOT NULL,
    doorcodes BIGINT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT,
    service TEXT,
    granted_at BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (property_id, guest_grant_id)
);
CREATE INDEX guest_grant_by_granter ON guest_grant (property_id, granter_id);
CREATE INDEX guest_grant_by_guest ON guest_grant (property_id, guest_id);

CREATE TABLE door_of_guest (
    property_id BYTEA NOT NULL,
    guest_grant_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    PRIMARY KEY (property_id, guest_grant_id, door_id)
);

-- What doors are to know.

CREATE TABLE doorcode (
    property_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    credential BIGINT NOT NULL, -- how events name it
    serial BIGINT NOT NULL,
    holder_id BYTEA NOT NULL,
    digits BIGINT NOT NULL,
    fingerprint BYTEA NOT NULL, -- the same for the same code at the same door, and tells nothing without the property's key
    sealed BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    retired_at BIGINT,          -- not given to anybody else before the door has confirmed that it is gone
    PRIMARY KEY (property_id, door_id, credential),
    UNIQUE (property_id, door_id, fingerprint)
);
CREATE INDEX doorcode_by_holder ON doorcode (property_id, holder_id);

CREATE TABLE keycard (
    property_id BYTEA NOT NULL,
    token BYTEA NOT NULL,
    holder_id BYTEA NOT NULL,
    credential BIGINT NOT NULL,
    serial BIGINT NOT NULL,
    lowest_version BIGINT NOT NULL,
    activated_at BIGINT NOT NULL,
    deactivated_at BIGINT,
    PRIMARY KEY (property_id, token)
);
CREATE INDEX keycard_by_holder ON keycard (property_id, holder_id);

CREATE TABLE list_row (
    property_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL, -- of its key
    holder_id BYTEA NOT NULL,
    sealed BYTEA NOT NULL,      -- its 64 bytes, or the removal of its key
    schedule BIGINT NOT NULL,   -- by its number at the door; 0: always
    present BIGINT NOT NULL,    -- 0: the door may still have it and is to remove it
    left_once BIGINT NOT NULL,  -- whether it was ever in a parcel that left
    changed BIGINT NOT NULL,    -- the revision that changed it
    PRIMARY KEY (property_id, door_id, fingerprint)
);
CREATE INDEX list_row_by_holder ON list_row (property_id, holder_id);

CREATE TABLE door_schedule (
    property_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    number BIGINT NOT NULL,     -- 1 to 64
    hours TEXT NOT NULL,
    changed BIGINT NOT NULL,
    PRIMARY KEY (property_id, door_id, number)
);

CREATE TABLE door_task (
    property_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    opened BIGINT NOT NULL,     -- the revision that opened it
    reasons BIGINT NOT NULL,    -- a bit for each
    due_at BIGINT NOT NULL,
    state BIGINT NOT NULL,      -- 0 open, 1 done, 2 cancelled
    closed_at BIGINT,
    PRIMARY KEY (property_id, door_id, opened)
);

-- What was done, and what is to be told.

CREATE TABLE audit (
    property_id BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    at BIGINT NOT NULL,
    account_id BYTEA,           -- none: the host itself
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    done BIGINT NOT NULL,       -- 0: denied
    head BYTEA NOT NULL,        -- of the chain up to here
    PRIMARY KEY (property_id, revision)
);

CREATE TABLE notification (
    property_id BYTEA NOT NULL,
    revision BIGINT NOT NULL,
    place BIGINT NOT NULL,      -- among those of the revision
    account_id BYTEA NOT NULL,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    sent_at BIGINT,
    PRIMARY KEY (property_id, revision, place)
);
