-- +goose Up

-- Accounts on other servers that the town lists as its own: a merchant, a town hall or an agenda that lives elsewhere and
-- agreed. A row stays when that ends, so that nobody is asked again and again.
CREATE TABLE externals (
    id          uuid PRIMARY KEY,
    actor       text COLLATE "C" NOT NULL UNIQUE CHECK (octet_length(actor) <= 2048),
    type        text NOT NULL DEFAULT '' CHECK (length(type) <= 100),
    software    text NOT NULL DEFAULT '' CHECK (length(software) <= 100),
    handle      text NOT NULL DEFAULT '' CHECK (length(handle) <= 600),
    name        text NOT NULL DEFAULT '' CHECK (length(name) <= 100),
    url         text NOT NULL DEFAULT '' CHECK (octet_length(url) <= 2048),
    host        text COLLATE "C" NOT NULL DEFAULT '' CHECK (length(host) <= 260),
    inbox       text NOT NULL DEFAULT '' CHECK (octet_length(inbox) <= 2048),
    outbox      text NOT NULL DEFAULT '' CHECK (octet_length(outbox) <= 2048),
    -- what the town hall says of it
    trade       text NOT NULL DEFAULT 'autre' CHECK (length(trade) <= 30),
    phone       text NOT NULL DEFAULT '' CHECK (length(phone) <= 40),
    address     text NOT NULL DEFAULT '' CHECK (length(address) <= 300),
    lat         double precision CHECK (lat BETWEEN -90 AND 90),
    lon         double precision CHECK (lon BETWEEN -180 AND 180),
    -- its consent
    state       text NOT NULL DEFAULT 'asked' CHECK (state IN ('asked', 'agreed', 'refused', 'expired', 'ended')),
    waits_since timestamptz,
    asks        smallint NOT NULL DEFAULT 0,
    asked_at    timestamptz,
    question    uuid,
    answer      text NOT NULL DEFAULT '' CHECK (length(answer) <= 500),
    agreed_by   text NOT NULL DEFAULT '' CHECK (agreed_by IN ('', 'link', 'reply')),
    agreed_at   timestamptz,
    unlinked    smallint NOT NULL DEFAULT 0,
    looked_at   timestamptz,
    ended_at    timestamptz,
    why         text NOT NULL DEFAULT '' CHECK (length(why) <= 20),
    moved_to    text NOT NULL DEFAULT '' CHECK (octet_length(moved_to) <= 2048),
    -- our Follow
    following   text NOT NULL DEFAULT 'none' CHECK (following IN ('none', 'pending', 'accepted', 'refused', 'expired')),
    follow_id   uuid,
    followed_at timestamptz,
    follows     smallint NOT NULL DEFAULT 0,
    filled_at   timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now()
);

-- A foreign post comes from a neighbouring town or from a listed account, from one of the two.
ALTER TABLE foreign_posts ALTER COLUMN domain DROP NOT NULL;
ALTER TABLE foreign_posts ADD COLUMN external uuid REFERENCES externals ON DELETE CASCADE;
ALTER TABLE foreign_posts ADD CONSTRAINT foreign_posts_source CHECK ((domain IS NULL) <> (external IS NULL));
CREATE INDEX foreign_posts_external ON foreign_posts (external) WHERE external IS NOT NULL;
CREATE INDEX foreign_posts_listed ON foreign_posts (published_at DESC, id DESC) WHERE external IS NOT NULL;
CREATE INDEX foreign_posts_listed_agenda ON foreign_posts (starts_at, id) WHERE external IS NOT NULL AND kind = 'event';
