-- What a property signs with, what its doors are, and what has left for them.

CREATE TABLE generation_key (
    property_id BYTEA NOT NULL,
    generation BIGINT NOT NULL,
    root_key BYTEA NOT NULL,    -- public: the root's secret key is kept offline
    sealed BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (property_id, generation)
);

-- One life of a door: from a claim to the next.
CREATE TABLE door_life (
    property_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    door_key BYTEA NOT NULL,
    public_keys BYTEA NOT NULL,
    certificate BYTEA NOT NULL,
    generation BIGINT NOT NULL,
    claimed_at BIGINT NOT NULL,
    ended_at BIGINT,
    sealed_settings BYTEA NOT NULL, -- without schedules
    settings_changed BIGINT NOT NULL,
    sealed_list_key BYTEA NOT NULL,
    list_version BIGINT NOT NULL,
    confirmed_version BIGINT,
    snapshot_wanted BIGINT NOT NULL,
    settings_touched BIGINT NOT NULL,
    remembered BIGINT NOT NULL,
    receipt_number BIGINT NOT NULL,
    heard_at BIGINT,
    battery BIGINT,
    firmware BIGINT,
    PRIMARY KEY (property_id, door_id, door_key)
);

CREATE TABLE list_left (
    property_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    door_key BYTEA NOT NULL,
    version BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    origin BIGINT NOT NULL,
    PRIMARY KEY (property_id, door_id, door_key, version)
);

-- The newest update of each door, the same for every phone that comes.
CREATE TABLE parcel (
    property_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    door_key BYTEA NOT NULL,
    to_version BIGINT NOT NULL,
    confirmed_version BIGINT,   -- what the door was known to have
    apply_until BIGINT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (property_id, door_id)
);

ALTER TABLE list_row ADD COLUMN touched BIGINT NOT NULL DEFAULT 0;
ALTER TABLE door_task ADD COLUMN required_version BIGINT;

-- Phones: several for a person, each by an invitation of its own.

CREATE TABLE phone_invitation (
    property_id BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL, -- of its secret
    holder_id BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    phone_id BYTEA,             -- who has used it
    PRIMARY KEY (property_id, fingerprint)
);

CREATE TABLE phone (
    property_id BYTEA NOT NULL,
    phone_id BYTEA NOT NULL,
    holder_id BYTEA NOT NULL,
    enrolled_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (property_id, phone_id)
);
CREATE INDEX phone_by_holder ON phone (property_id, holder_id);

-- The grants of phones for doors whose leases may not have ended: what a phone can show there.
CREATE TABLE pass (
    property_id BYTEA NOT NULL,
    holder_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    phone_id BYTEA NOT NULL,
    door_key BYTEA NOT NULL,
    serial BIGINT NOT NULL,
    roles BIGINT NOT NULL,      -- 1 may share, 2 staff
    starts_at BIGINT NOT NULL,
    ends_at BIGINT,
    hours TEXT NOT NULL,
    lease_end BIGINT NOT NULL,
    signed BYTEA NOT NULL,
    void BIGINT NOT NULL,       -- 1: the door is to refuse it, and a row of its list says so while the lease lasts
    PRIMARY KEY (property_id, holder_id, door_id, phone_id, serial)
);

-- Days for which a phone may stay offline (its lease): residents and guests, and staff.
ALTER TABLE property ADD COLUMN lease_days BIGINT NOT NULL DEFAULT 30;
ALTER TABLE property ADD COLUMN staff_lease_days BIGINT NOT NULL DEFAULT 7;
