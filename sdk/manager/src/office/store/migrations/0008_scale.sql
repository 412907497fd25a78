-- What is looked up in a large store, or at a large door, without reading all of it.

-- Whose telephone number it is, and what somebody manages wherever it is.
CREATE INDEX account_by_telephone ON account (telephone) WHERE telephone IS NOT NULL;
CREATE INDEX property_manager_by_account ON property_manager (account_id);
CREATE INDEX portfolio_manager_by_account ON portfolio_manager (account_id);

-- What of a door's list has not left yet.
CREATE INDEX list_row_by_change ON list_row (property_id, door_id, changed);

-- Which doorcodes of a door have another length than most.
CREATE INDEX doorcode_by_length ON doorcode (property_id, door_id, digits);
