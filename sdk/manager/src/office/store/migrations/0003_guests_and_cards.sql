ALTER TABLE door ADD COLUMN applied_revision BIGINT NOT NULL DEFAULT 0; -- up to here, the door has told that it has the changes of its list

-- The doors that a keycard's last activation or deactivation changed.

CREATE TABLE door_of_card (
    property_id BYTEA NOT NULL,
    token BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    fingerprint BYTEA NOT NULL, -- of its row in the door's list
    revision BIGINT NOT NULL,   -- that changed the row
    PRIMARY KEY (property_id, token, door_id)
);

-- Daily codes that were given out. Their digits follow from day, kind and slot.

CREATE TABLE daily_code (
    property_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    day BIGINT NOT NULL,  -- of the door's calendar, from 1970-01-01
    kind BIGINT NOT NULL, -- 1 the whole day, 2 fifteen minutes
    slot BIGINT NOT NULL,
    granter_id BYTEA,     -- the holder in whose name;
    key_id BYTEA,         -- or the Key by which staff gave it
    issued_by BYTEA,      -- the account; none: the host itself
    issued_at BIGINT NOT NULL,
    email TEXT,           -- of the recipient,
    telephone TEXT,       -- or this
    service TEXT,
    revoked BIGINT,       -- the revision that took it back
    revoked_at BIGINT,
    PRIMARY KEY (property_id, door_id, day, kind, slot)
);
CREATE INDEX daily_code_by_granter ON daily_code (property_id, granter_id);
