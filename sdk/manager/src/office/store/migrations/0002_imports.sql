-- Files that people are imported from, and what was done of them (R-234, §4.7).

CREATE TABLE import_batch (
    property_id BYTEA NOT NULL,
    digest BYTEA NOT NULL,      -- SHA-256 of the file
    state BIGINT NOT NULL,      -- 0 contacts are being added, 1 all are, 2 all were sent
    size BIGINT NOT NULL,       -- rows of the file
    uploaded_by BYTEA,          -- the account; none: the host itself
    uploaded_at BIGINT NOT NULL,
    PRIMARY KEY (property_id, digest)
);

CREATE TABLE import_row (
    property_id BYTEA NOT NULL,
    content BYTEA NOT NULL,     -- fingerprint of what the row says, whatever the file; tells nothing without the property's key
    digest BYTEA NOT NULL,      -- of the file that it was in last
    line BIGINT NOT NULL,
    holder_id BYTEA NOT NULL,
    welcome BIGINT NOT NULL,    -- whether an import made the account, so that the person has not heard of it yet
    keys BYTEA NOT NULL,        -- of 16 bytes each
    resident BIGINT NOT NULL,
    may_share BIGINT NOT NULL,
    starts_at BIGINT,
    ends_at BIGINT,
    state BIGINT NOT NULL,      -- 0 the contact was added, 1 Keys were given and the message is in the outbox
    PRIMARY KEY (property_id, content)
);
CREATE INDEX import_row_by_line ON import_row (property_id, digest, state, line);
CREATE INDEX import_row_by_holder ON import_row (property_id, holder_id);
