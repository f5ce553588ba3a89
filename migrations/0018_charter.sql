-- +goose Up

-- The town's charter: what may be published there, and who decides. Empty for the words that the program proposes.
ALTER TABLE town ADD charter text NOT NULL DEFAULT '' CHECK (length(charter) <= 4000);

-- Where a neighbour's is read.
ALTER TABLE neighbours ADD charter text NOT NULL DEFAULT '' CHECK (octet_length(charter) <= 2048);
