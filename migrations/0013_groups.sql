-- +goose Up

-- Actors of type Group, which people follow in the place of single shops.
ALTER TABLE actors DROP CONSTRAINT actors_kind_check;
ALTER TABLE actors ADD CONSTRAINT actors_kind_check CHECK (kind IN ('merchant', 'town', 'relay', 'group'));
DROP INDEX actors_one_of_kind;
CREATE UNIQUE INDEX actors_one_of_kind ON actors (kind) WHERE kind IN ('town', 'relay');

-- A merchant may wish that no group announces its news.
ALTER TABLE merchants ADD announced boolean NOT NULL DEFAULT true;

-- The town's own actor is one of them, and the one for the surroundings; the others are what the town hall adds.
CREATE TABLE groups (
    id      uuid PRIMARY KEY REFERENCES actors,
    kind    text NOT NULL CHECK (kind IN ('town', 'around', 'market', 'collective', 'trade')),
    name    text NOT NULL DEFAULT '' CHECK (length(name) <= 100),     -- of a market or a collective
    summary text NOT NULL DEFAULT '' CHECK (length(summary) <= 1000), -- what the town hall says of it, plain text
    place   text NOT NULL DEFAULT '' CHECK (length(place) <= 200),    -- where a market takes place, in words
    times   text NOT NULL DEFAULT '' CHECK (length(times) <= 200),    -- and when
    trade   text CHECK (length(trade) BETWEEN 1 AND 40),
    active  boolean NOT NULL DEFAULT true,                            -- false: takes no new followers and announces nothing
    CHECK ((kind = 'trade') = (trade IS NOT NULL))
);
CREATE UNIQUE INDEX groups_one_of_kind ON groups (kind) WHERE kind IN ('town', 'around');
CREATE UNIQUE INDEX groups_trade ON groups (trade) WHERE trade IS NOT NULL;
INSERT INTO groups (id, kind) SELECT id, 'town' FROM actors WHERE kind = 'town';

-- Who belongs to a market or a collective. To a trade belong all who have it.
CREATE TABLE group_members (
    group_id    uuid NOT NULL REFERENCES groups ON DELETE CASCADE,
    merchant_id uuid NOT NULL REFERENCES merchants ON DELETE CASCADE,
    PRIMARY KEY (group_id, merchant_id)
);
CREATE INDEX group_members_merchant ON group_members (merchant_id);

-- A group's list, in the evening, of what it had no room for: a Note of its own. One a day, by the town's clock.
CREATE TABLE group_summaries (
    id           uuid PRIMARY KEY, -- of the Note, and of its Create
    group_id     uuid NOT NULL REFERENCES groups,
    day          date NOT NULL,
    published_at timestamptz NOT NULL,
    updated_at   timestamptz,
    stale        boolean NOT NULL DEFAULT false, -- something in it was withdrawn: an Update is due
    UNIQUE (group_id, day)
);
CREATE INDEX group_summaries_stale ON group_summaries (id) WHERE stale;

-- What each group has announced, each thing once, and what it had no room for on its day.
CREATE TABLE group_announces (
    group_id    uuid NOT NULL REFERENCES groups,
    object      uuid NOT NULL, -- id of the post; of a neighbour's the first 128 bits of SHA-256 over the object's id
    post_id     uuid REFERENCES posts ON DELETE CASCADE,
    foreign_id  uuid REFERENCES foreign_posts ON DELETE SET NULL,
    author      uuid NOT NULL, -- the merchant; of a neighbour's the same hash over the actor's id
    day         date NOT NULL, -- by the town's clock
    leaves_at   timestamptz NOT NULL,
    activity_id uuid,          -- the Announce; null: there was no room
    carries     uuid,          -- the activity that the outbox shows in it: the post's Create
    summary_id  uuid REFERENCES group_summaries, -- in which it stands
    undone_at   timestamptz,   -- when the Announce of a neighbour's was taken back, or its line in a summary
    PRIMARY KEY (group_id, object)
);
CREATE INDEX group_announces_day ON group_announces (group_id, day);
CREATE INDEX group_announces_post ON group_announces (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX group_announces_foreign ON group_announces (foreign_id) WHERE foreign_id IS NOT NULL;
CREATE INDEX group_announces_activity ON group_announces (activity_id) WHERE activity_id IS NOT NULL;
CREATE INDEX group_announces_waiting ON group_announces (group_id, leaves_at, object) WHERE activity_id IS NULL AND summary_id IS NULL;
CREATE INDEX group_announces_summary ON group_announces (summary_id) WHERE summary_id IS NOT NULL;
CREATE INDEX group_announces_gone ON group_announces (leaves_at)
    WHERE post_id IS NULL AND foreign_id IS NULL AND undone_at IS NULL;

-- Neighbours' news that came as it was published, at which the group for the surroundings has still to look.
CREATE TABLE around_news (
    foreign_id uuid PRIMARY KEY REFERENCES foreign_posts ON DELETE CASCADE,
    heard_at   timestamptz NOT NULL
);
CREATE INDEX around_news_heard ON around_news (heard_at);
