-- +goose Up

-- The accounts elsewhere that a merchant calls its own (alsoKnownAs), with what was last seen of them, and the one to which
-- it has gone (movedTo); null while it is here. last_move stays when the town hall takes a move back: there is one a week.
ALTER TABLE merchants
    ADD COLUMN aliases   jsonb NOT NULL DEFAULT '[]' CHECK (octet_length(aliases::text) <= 65536),
    ADD COLUMN moved     jsonb CHECK (octet_length(moved::text) <= 8192),
    ADD COLUMN last_move timestamptz;

-- Whom a merchant does not want to hear. The same stands on the actor's row, which whatever is received from it locks:
-- what is under way at this moment is either stored before the block, and hidden by it, or refused.
CREATE TABLE blocked_people (
    merchant_id uuid NOT NULL REFERENCES merchants ON DELETE CASCADE,
    actor_id    bigint NOT NULL REFERENCES remote_actors ON DELETE CASCADE,
    activity_id uuid NOT NULL,          -- of the Block, which its Undo embeds
    blocked_at  timestamptz NOT NULL,
    PRIMARY KEY (merchant_id, actor_id)
);
CREATE INDEX blocked_people_actor ON blocked_people (actor_id);
ALTER TABLE remote_actors ADD COLUMN blocked_by uuid[] NOT NULL DEFAULT '{}'; -- merchants

-- With which Like a merchant thanked for a reply; null: with none.
ALTER TABLE replies ADD COLUMN liked uuid;

-- What was reported to other servers.
CREATE TABLE sent_reports (
    id          uuid PRIMARY KEY,       -- of the Flag
    actor_id    bigint NOT NULL REFERENCES remote_actors ON DELETE CASCADE,
    object_id   text COLLATE "C" NOT NULL CHECK (octet_length(object_id) <= 2048),
    merchant_id uuid REFERENCES merchants ON DELETE CASCADE, -- null: the town hall reported it
    words       text NOT NULL CHECK (length(words) <= 1000),
    sent_at     timestamptz NOT NULL
);
CREATE UNIQUE INDEX sent_reports_once ON sent_reports (object_id, (coalesce(merchant_id, '00000000-0000-0000-0000-000000000000')));
CREATE INDEX sent_reports_newest ON sent_reports (sent_at DESC, id DESC);
CREATE INDEX sent_reports_actor ON sent_reports (actor_id);

-- A merchant's followers are shown newest first.
CREATE INDEX followers_newest ON followers (actor_id, accepted_at DESC, follower_id DESC) WHERE ended_at IS NULL;
