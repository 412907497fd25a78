-- What happened at doors, who may see it, and how long it is kept (R-150 to R-164, R-500 to R-507).

CREATE TABLE activity (
    property_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    revision BIGINT NOT NULL,   -- that noted it
    place BIGINT NOT NULL,      -- among what that noted of the door
    event BIGINT NOT NULL,      -- its number in the log of the door's life
    at BIGINT NOT NULL,
    unsure BIGINT NOT NULL,     -- the door's clock was: it happened then, or later
    method BIGINT NOT NULL,
    result BIGINT NOT NULL,
    times BIGINT NOT NULL,      -- how often, where the door counted
    bolt BIGINT,                -- what the bolt did
    operation BYTEA,            -- until that is known
    holder_id BYTEA,            -- who it was; none: nobody, nobody knows, or it was forgotten
    guest BIGINT NOT NULL,      -- 1: as a guest
    granter_id BYTEA,           -- of this holder
    guest_grant_id BYTEA,
    credential BIGINT,          -- number of the doorcode or the card
    code_day BIGINT,            -- of a daily code, with its slot
    code_slot BIGINT,
    resident BIGINT NOT NULL,   -- 1: lived behind this private door then
    managing BIGINT NOT NULL,   -- 1: managed the property then
    visible BIGINT NOT NULL,    -- 0: never to managers, whatever changes later (R-158)
    anonymous BIGINT NOT NULL,  -- 1: forgotten what R-506 names
    PRIMARY KEY (property_id, door_id, revision, place)
);
CREATE INDEX activity_by_time ON activity (property_id, at);
CREATE INDEX activity_by_door ON activity (property_id, door_id, at);
CREATE INDEX activity_by_holder ON activity (property_id, holder_id, at) WHERE holder_id IS NOT NULL;
CREATE INDEX activity_by_granter ON activity (property_id, granter_id, at) WHERE granter_id IS NOT NULL;
CREATE INDEX activity_by_operation ON activity (property_id, door_id, operation) WHERE operation IS NOT NULL;
CREATE INDEX activity_to_forget ON activity (property_id, at) WHERE anonymous = 0;

-- Whose a number is by which events name doorcodes and cards, also when these are gone.
CREATE TABLE credential_owner (
    property_id BYTEA NOT NULL,
    credential BIGINT NOT NULL,
    holder_id BYTEA NOT NULL,
    gone_at BIGINT,             -- when it was seen that no door may have it any more
    PRIMARY KEY (property_id, credential)
);
CREATE INDEX credential_by_owner ON credential_owner (property_id, holder_id);
INSERT INTO credential_owner (property_id, credential, holder_id) SELECT property_id, credential, holder_id FROM doorcode;
INSERT INTO credential_owner (property_id, credential, holder_id) SELECT property_id, credential, holder_id FROM keycard;

-- Who lives behind which private door, from when until when; periods of one person at one door do not overlap.
CREATE TABLE residence (
    property_id BYTEA NOT NULL,
    holder_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT,
    PRIMARY KEY (property_id, holder_id, door_id, starts_at)
);
CREATE INDEX residence_by_door ON residence (property_id, door_id);
INSERT INTO residence (property_id, holder_id, door_id, starts_at, ends_at)
    SELECT terms.property_id, terms.holder_id, terms.door_id, terms.starts_at, NULLIF(MAX(terms.until), 1099511627775)
    FROM (SELECT key_grant.property_id, key_grant.holder_id, door_of_key.door_id, key_grant.starts_at,
            CASE WHEN key_grant.ended_at IS NOT NULL AND (key_grant.ends_at IS NULL OR key_grant.ended_at < key_grant.ends_at)
                THEN key_grant.ended_at ELSE COALESCE(key_grant.ends_at, 1099511627775) END AS until
        FROM key_grant
        JOIN door_of_key ON door_of_key.property_id = key_grant.property_id AND door_of_key.key_id = key_grant.key_id
        JOIN door ON door.property_id = door_of_key.property_id AND door.door_id = door_of_key.door_id
        WHERE key_grant.resident = 1 AND door.kind = 1) AS terms
    WHERE terms.starts_at < terms.until
    GROUP BY terms.property_id, terms.holder_id, terms.door_id, terms.starts_at;

ALTER TABLE property_manager ADD COLUMN since BIGINT NOT NULL DEFAULT 0;  -- from when on the account has some permission
ALTER TABLE portfolio_manager ADD COLUMN since BIGINT NOT NULL DEFAULT 0;

ALTER TABLE person ADD COLUMN erased_at BIGINT;

-- Express consent (R-500).
CREATE TABLE consent (
    property_id BYTEA NOT NULL,
    holder_id BYTEA NOT NULL,
    version BIGINT NOT NULL,    -- of the text
    given_at BIGINT NOT NULL,
    channel BIGINT NOT NULL,    -- 0 in the app, 1 in writing
    withdrawn_at BIGINT,
    PRIMARY KEY (property_id, holder_id, version, given_at)
);
ALTER TABLE property ADD COLUMN consent_version BIGINT NOT NULL DEFAULT 0; -- the text that people have to consent to; 0: none
