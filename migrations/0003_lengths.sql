-- +goose Up

-- Each column whose size its writer decides has a bound, in bytes where it is JSON. The program cuts or refuses long before;
-- these hold where a path forgets to.
ALTER TABLE town ADD CHECK (octet_length(legal::text) <= 65536);
ALTER TABLE town ADD CHECK (octet_length(accessibility::text) <= 65536);
ALTER TABLE posts ADD CHECK (length(folded) <= 60000); -- the domain takes 1500 signs, of which each becomes 18 at most
ALTER TABLE photos ADD CHECK (octet_length(file::text) <= 65536);
ALTER TABLE remote_actors ADD CHECK (octet_length(document::text) <= 4194304); -- of a document of 1 MiB, however it is escaped
ALTER TABLE replies ADD CHECK (octet_length(attachments::text) <= 1048576);
ALTER TABLE activities ADD CHECK (octet_length(json) <= 1048576); -- more than a peer takes

-- A long presentation is too much for a row of an index, so the order goes by its beginning, which is the name.
DROP INDEX merchants_by_name;
CREATE INDEX merchants_by_name ON merchants (left(folded, 300), id);
