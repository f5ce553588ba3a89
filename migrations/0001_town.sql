-- +goose Up

-- Ids, addresses, hosts and handles are compared byte by byte (COLLATE "C"), whatever
-- the locale of the database is.

-- Everything that speaks ActivityPub from here: merchants, the town itself, and the
-- server's own Application ("relay"). Ids and handles are never used again, so rows stay.
CREATE TABLE actors (
    id          uuid PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('merchant', 'town', 'relay')),
    handle      text COLLATE "C" NOT NULL UNIQUE CHECK (handle ~ '^[a-z0-9_]{1,30}$'),
    private_key text NOT NULL CHECK (length(private_key) <= 8192), -- PEM, PKCS 8
    public_key  text NOT NULL CHECK (length(public_key) <= 4096),  -- PEM, PKIX
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    deleted_at  timestamptz
);
CREATE UNIQUE INDEX actors_one_of_kind ON actors (kind) WHERE kind <> 'merchant';

-- The town: one row from its set-up on.
CREATE TABLE town (
    single       boolean PRIMARY KEY DEFAULT true CHECK (single),
    name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    short_name   text NOT NULL CHECK (length(short_name) BETWEEN 1 AND 40),
    insee        text NOT NULL CHECK (insee ~ '^([0-9][0-9AB][0-9]{3})?$'),
    lat          double precision NOT NULL CHECK (lat BETWEEN -90 AND 90),
    lon          double precision NOT NULL CHECK (lon BETWEEN -180 AND 180),
    time_zone    text NOT NULL DEFAULT 'Europe/Paris' CHECK (length(time_zone) <= 60),
    accent       text NOT NULL DEFAULT '' CHECK (accent ~ '^(#[0-9a-f]{6})?$'),
    help_phone   text NOT NULL DEFAULT '' CHECK (length(help_phone) <= 30),
    help_hours   text NOT NULL DEFAULT '' CHECK (length(help_hours) <= 100),
    legal        jsonb NOT NULL DEFAULT '{}',  -- what /mentions-legales says
    accessibility jsonb NOT NULL DEFAULT '{}', -- what /accessibilite says
    approve_replies boolean NOT NULL DEFAULT false,
    set_up_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE merchants (
    id          uuid PRIMARY KEY REFERENCES actors,
    name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    trade       text NOT NULL CHECK (length(trade) BETWEEN 1 AND 40),
    paint       text NOT NULL CHECK (length(paint) <= 20),
    summary     text NOT NULL DEFAULT '' CHECK (length(summary) <= 2000),  -- plain text, as typed
    phone       text NOT NULL DEFAULT '' CHECK (length(phone) <= 30),
    address     text NOT NULL DEFAULT '' CHECK (length(address) <= 300),
    hours       text NOT NULL DEFAULT '' CHECK (length(hours) <= 500),     -- plain text, as typed
    website     text NOT NULL DEFAULT '' CHECK (length(website) <= 300),
    lat         double precision CHECK (lat BETWEEN -90 AND 90),
    lon         double precision CHECK (lon BETWEEN -180 AND 180),
    reach       text NOT NULL DEFAULT 'everywhere' CHECK (reach IN ('town', 'neighbours', 'region', 'everywhere')),
    approve_replies boolean,                                               -- null: as the town does
    folded      text COLLATE "C" NOT NULL CHECK (length(folded) <= 5000),  -- name, trade and summary in lower case without accents; the name's line comes first, for the order
    search      tsvector GENERATED ALWAYS AS (to_tsvector('french', folded)) STORED
);
CREATE INDEX merchants_by_name ON merchants (folded, id);
CREATE INDEX merchants_trade ON merchants (trade);
CREATE INDEX merchants_search ON merchants USING gin (search);

-- People who sign in: merchants, their helpers, the town hall.
CREATE TABLE logins (
    id            uuid PRIMARY KEY,
    email         text UNIQUE CHECK (length(email) <= 254),  -- lower case; null: signs in by links on paper only
    name          text NOT NULL DEFAULT '' CHECK (length(name) <= 100),
    password_hash text CHECK (length(password_hash) <= 300), -- argon2id; null: links only
    town_hall     boolean NOT NULL DEFAULT false,
    epoch         integer NOT NULL DEFAULT 1,                -- raising it ends every session
    created_at    timestamptz NOT NULL DEFAULT now(),
    signed_in_at  timestamptz,                               -- by a link, last
    disabled_at   timestamptz
);

CREATE TABLE memberships (
    login_id    uuid NOT NULL REFERENCES logins ON DELETE CASCADE,
    merchant_id uuid NOT NULL REFERENCES merchants ON DELETE CASCADE,
    PRIMARY KEY (login_id, merchant_id)
);
CREATE INDEX memberships_merchant ON memberships (merchant_id);

-- One-time links; only the hash of what is in the link is kept.
CREATE TABLE sign_in_links (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    purpose    text NOT NULL CHECK (purpose IN ('sign_in', 'set_up')),
    login_id   uuid REFERENCES logins ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    CHECK ((purpose = 'set_up') = (login_id IS NULL))
);
CREATE INDEX sign_in_links_expires ON sign_in_links (expires_at);

CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    data       bytea NOT NULL CHECK (octet_length(data) <= 16384),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_expires ON sessions (expires_at);

-- What merchants publish. kind 'answer' is a reply to somebody, shown in a thread only.
CREATE TABLE posts (
    id          uuid PRIMARY KEY,
    merchant_id uuid NOT NULL REFERENCES merchants,
    kind        text NOT NULL CHECK (kind IN ('news', 'answer')),
    text        text NOT NULL CHECK (length(text) <= 20000),
    language    text NOT NULL DEFAULT 'fr' CHECK (length(language) <= 20),
    reach       text NOT NULL CHECK (reach IN ('town', 'neighbours', 'region', 'everywhere')),
    public      boolean NOT NULL DEFAULT true,    -- false: an answer to a private message
    in_reply_to text CHECK (octet_length(in_reply_to) <= 2048),
    root_id     uuid REFERENCES posts,            -- the post in whose thread an answer stands
    addressee   text COLLATE "C" CHECK (octet_length(addressee) <= 2048), -- the actor whom an answer mentions
    once        uuid NOT NULL,                    -- the form's key: a double tap is one post
    published_at timestamptz NOT NULL,
    leaves_at   timestamptz NOT NULL,             -- end of the undo window
    updated_at  timestamptz,
    withdrawn_at timestamptz,                     -- from here on a Tombstone: text is empty
    folded      text NOT NULL DEFAULT '',         -- text in lower case without accents
    search      tsvector GENERATED ALWAYS AS (to_tsvector('french', folded)) STORED,
    UNIQUE (merchant_id, once)
);
CREATE INDEX posts_feed ON posts (published_at DESC, id DESC) WHERE kind <> 'answer' AND public AND withdrawn_at IS NULL;
CREATE INDEX posts_merchant ON posts (merchant_id, published_at DESC, id DESC) WHERE kind <> 'answer' AND public AND withdrawn_at IS NULL;
CREATE INDEX posts_root ON posts (root_id, published_at) WHERE root_id IS NOT NULL;
CREATE INDEX posts_addressee ON posts (addressee) WHERE addressee IS NOT NULL;
CREATE INDEX posts_search ON posts USING gin (search) WHERE kind <> 'answer' AND public AND withdrawn_at IS NULL;

-- How many likes, shares and shown public replies a post has: the sum over its rows. Each
-- connection adds to a row of its own (shard), so that the crowd below one post does not
-- wait for each other's commits, and a post's long row is not written again for each like.
CREATE TABLE post_counts (
    post_id uuid NOT NULL REFERENCES posts ON DELETE CASCADE,
    shard   smallint NOT NULL,
    likes   integer NOT NULL DEFAULT 0,
    shares  integer NOT NULL DEFAULT 0,
    replies integer NOT NULL DEFAULT 0,
    PRIMARY KEY (post_id, shard)
) WITH (fillfactor = 50);

CREATE TABLE drafts (
    id          uuid PRIMARY KEY,
    merchant_id uuid NOT NULL REFERENCES merchants ON DELETE CASCADE,
    kind        text NOT NULL CHECK (length(kind) <= 20),
    text        text NOT NULL DEFAULT '' CHECK (length(text) <= 20000),
    reach       text NOT NULL CHECK (length(reach) <= 20), -- '': the merchant's default
    once        uuid,                                      -- of the form, where it has one
    saved_at    timestamptz NOT NULL
);
CREATE INDEX drafts_merchant ON drafts (merchant_id, saved_at DESC);

-- Uploads. A photo belongs to a draft, a post or a merchant's shop front; a loose one,
-- which belongs to none of them, is swept away.
CREATE TABLE photos (
    id          uuid PRIMARY KEY,
    merchant_id uuid NOT NULL REFERENCES merchants ON DELETE CASCADE,
    post_id     uuid REFERENCES posts ON DELETE SET NULL,
    draft_id    uuid REFERENCES drafts ON DELETE SET NULL,
    cover       boolean NOT NULL DEFAULT false,
    position    smallint NOT NULL DEFAULT 0,
    alt         text NOT NULL DEFAULT '' CHECK (length(alt) <= 1500),
    file        jsonb NOT NULL,     -- names, sizes and types of the variants
    created_at  timestamptz NOT NULL DEFAULT now(),
    CHECK (num_nonnulls(post_id, draft_id) + cover::int <= 1)
);
CREATE INDEX photos_post ON photos (post_id, position) WHERE post_id IS NOT NULL;
CREATE INDEX photos_draft ON photos (draft_id, position) WHERE draft_id IS NOT NULL;
CREATE UNIQUE INDEX photos_cover ON photos (merchant_id) WHERE cover;
CREATE INDEX photos_name ON photos ((file->>'name'));
CREATE INDEX photos_loose ON photos (created_at) WHERE post_id IS NULL AND draft_id IS NULL AND NOT cover;
