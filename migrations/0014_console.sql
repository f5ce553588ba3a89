-- +goose Up

-- What the town hall sees of its neighbours.
ALTER TABLE neighbours
    ADD COLUMN shops    integer CHECK (shops BETWEEN 0 AND 1000000),  -- as its card tells; null: it does not
    ADD COLUMN towns    text NOT NULL DEFAULT '' CHECK (octet_length(towns) <= 2048), -- its public list of its own neighbours
    ADD COLUMN ended_at timestamptz,  -- when the last agreement ended; null while there is one, or never was any
    ADD COLUMN told_at  timestamptz;  -- when the town hall was written to about its request
CREATE INDEX neighbours_inbox ON neighbours (relay_inbox) WHERE relay_inbox <> '';

-- How much came and went in a day of the town's clock: totals, and nothing about who read what.
CREATE TABLE neighbour_days (
    domain  text COLLATE "C" NOT NULL CHECK (length(domain) <= 260),
    day     date NOT NULL,
    came    integer NOT NULL DEFAULT 0,   -- news that was new or changed
    sent    integer NOT NULL DEFAULT 0,   -- announcements that its relay took
    sent_at timestamptz,                  -- the last of them
    PRIMARY KEY (domain, day)
);
CREATE INDEX neighbour_days_day ON neighbour_days (day);

-- Whose neighbours our neighbours are, as each of them tells: a stranger's word until the town hall opens the town's own card.
CREATE TABLE neighbour_hints (
    source text COLLATE "C" NOT NULL CHECK (length(source) BETWEEN 1 AND 260) REFERENCES neighbours ON DELETE CASCADE,
    domain text COLLATE "C" NOT NULL CHECK (length(domain) BETWEEN 1 AND 260),
    base   text NOT NULL CHECK (octet_length(base) <= 300),
    name   text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    lat    double precision NOT NULL CHECK (lat BETWEEN -90 AND 90),
    lon    double precision NOT NULL CHECK (lon BETWEEN -180 AND 180),
    PRIMARY KEY (source, domain)
);

-- Where a merchant is, so that a decision is found though nothing of the merchant is kept.
ALTER TABLE foreign_merchants ADD COLUMN domain text COLLATE "C" NOT NULL DEFAULT '' CHECK (length(domain) <= 260);
CREATE INDEX foreign_merchants_domain ON foreign_merchants (domain, actor);
