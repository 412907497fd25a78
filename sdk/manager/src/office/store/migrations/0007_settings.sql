-- What managers set a property to, beside what it began with.

ALTER TABLE property ADD COLUMN couriers BIGINT NOT NULL DEFAULT 1;   -- whether phones deliver at doors that they may not open
ALTER TABLE property ADD COLUMN round_days BIGINT NOT NULL DEFAULT 0; -- somebody with the news comes by each door at least so often; 0: nobody has to
-- Until when a phone may have a grant whose lease is longer than is given now.
ALTER TABLE property ADD COLUMN lease_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE property ADD COLUMN staff_lease_until BIGINT NOT NULL DEFAULT 0;

-- Hours in which somebody's phone brought news from a door; not whose.
CREATE TABLE visit (
    property_id BYTEA NOT NULL,
    door_id BYTEA NOT NULL,
    hour BIGINT NOT NULL, -- since 1970
    PRIMARY KEY (property_id, door_id, hour)
);

-- Until when a row says that the door opens, and until when the door may open for whatever it has under the key of that row.
ALTER TABLE list_row ADD COLUMN ends_at BIGINT;                       -- none: without end; 0: it is a removal
ALTER TABLE list_row ADD COLUMN held_until BIGINT NOT NULL DEFAULT 0; -- 0: it has nothing; 2^40 - 1: without end
UPDATE list_row SET held_until = 1099511627775 WHERE left_once = 1;

-- By which key and epoch a door computes daily codes; those of an epoch before are void.
ALTER TABLE door ADD COLUMN code_generation BIGINT NOT NULL DEFAULT 0;
ALTER TABLE door ADD COLUMN code_epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE daily_code ADD COLUMN void BIGINT NOT NULL DEFAULT 0;

-- The last local day of access, where its end was given as one: what ends_at says follows from it, and from the rules of the zone (R-532).
ALTER TABLE key_grant ADD COLUMN last_day BIGINT;
ALTER TABLE guest_grant ADD COLUMN last_day BIGINT;
ALTER TABLE import_row ADD COLUMN last_day BIGINT;
