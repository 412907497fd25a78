-- What doors have told of what happened at them: a chain for each life of a door.
CREATE TABLE door_log (
    property_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    door_key BYTEA NOT NULL,
    whole BIGINT NOT NULL,        -- up to here every event is here, or gone from the door before it came
    acknowledged BIGINT NOT NULL, -- the last of them whose head is known: up to here the door may free
    changed BIGINT NOT NULL,      -- the revision that raised that
    forked_at BIGINT,             -- when the door contradicted itself first
    PRIMARY KEY (property_id, door_id, door_key)
);

CREATE TABLE door_event (
    property_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    door_key BYTEA NOT NULL,
    number BIGINT NOT NULL,
    state BIGINT NOT NULL,        -- 0 only its head is known, 1 here, 2 was here until retention ended
    head BYTEA,                   -- of the chain after it, where known
    content BYTEA,                -- salted, as the door hashed it
    at BIGINT NOT NULL,           -- by the door's clock; of a head alone, when it came
    PRIMARY KEY (property_id, door_id, door_key, number)
);

CREATE INDEX door_event_by_age ON door_event (property_id, state, at);

-- Runs of events that a door had overwritten when it was asked for them.
CREATE TABLE door_gap (
    property_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    door_key BYTEA NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (property_id, door_id, door_key, first)
);

-- What every door is to refuse, and the newest bulletin that says so.
CREATE TABLE denial (
    property_id BYTEA NOT NULL,
    subject BYTEA NOT NULL,
    void_before BIGINT NOT NULL,  -- credentials below this serial
    ends_at BIGINT NOT NULL,      -- from then on nothing that it denies opens anything
    changed BIGINT NOT NULL,
    PRIMARY KEY (property_id, subject)
);

CREATE TABLE bulletin (
    property_id BYTEA NOT NULL,
    generation BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    revision BIGINT NOT NULL,     -- that signed it; none was signed before 1
    content BYTEA,                -- none: only the epoch is known, from a door
    PRIMARY KEY (property_id, generation)
);

ALTER TABLE door_life ADD COLUMN denied_revision BIGINT NOT NULL DEFAULT 0; -- up to here, the door has told that it has the denials

ALTER TABLE pass ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;            -- that made it
ALTER TABLE pass ADD COLUMN min_list_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE parcel ADD COLUMN update_id BYTEA;
ALTER TABLE parcel ADD COLUMN sealed BIGINT NOT NULL DEFAULT 0;            -- the revision that sealed it

-- The newest instant at which the property signed something: a host whose clock jumps back behind it signs nothing.
ALTER TABLE property ADD COLUMN signed_at BIGINT NOT NULL DEFAULT 0;

-- The next keys of a property wait here until the root has announced them.
ALTER TABLE generation_key ADD COLUMN pending BIGINT NOT NULL DEFAULT 0;
ALTER TABLE generation_key ADD COLUMN announcement BYTEA;                  -- as the root signed it; none: the first generation
ALTER TABLE generation_key ADD COLUMN announced BIGINT NOT NULL DEFAULT 0; -- the revision that took it
ALTER TABLE pass ADD COLUMN generation BIGINT NOT NULL DEFAULT 1;
