-- +goose Up

-- The column hours keeps what the merchant says of them in words of its own.
ALTER TABLE merchants
    ADD postal_code   text NOT NULL DEFAULT '' CHECK (length(postal_code) <= 10),
    ADD locality      text NOT NULL DEFAULT '' CHECK (length(locality) <= 100),  -- '': the town
    ADD opening_hours text NOT NULL DEFAULT '' CHECK (length(opening_hours) <= 2000), -- in the grammar of OpenStreetMap
    ADD special_hours jsonb NOT NULL DEFAULT '[]' CHECK (octet_length(special_hours::text) <= 65536);

-- Whose special hours a look for those of the next days has to read.
CREATE INDEX merchants_special ON merchants (id) WHERE special_hours <> '[]';
