-- +goose Up

-- Other towns: what they say of themselves, and how this town stands with them.
CREATE TABLE neighbours (
    domain      text COLLATE "C" PRIMARY KEY CHECK (length(domain) BETWEEN 1 AND 260),
    base        text NOT NULL CHECK (octet_length(base) <= 300),
    -- the card, as it was read last
    name        text NOT NULL DEFAULT '' CHECK (length(name) <= 100),
    insee       text[] NOT NULL DEFAULT '{}' CHECK (cardinality(insee) <= 200),
    lat         double precision CHECK (lat BETWEEN -90 AND 90),
    lon         double precision CHECK (lon BETWEEN -180 AND 180),
    radius_km   double precision NOT NULL DEFAULT 0 CHECK (radius_km BETWEEN 0 AND 200),
    peering     text NOT NULL DEFAULT '' CHECK (length(peering) <= 20),
    legal       text NOT NULL DEFAULT '' CHECK (octet_length(legal) <= 2048),
    phone       text NOT NULL DEFAULT '' CHECK (length(phone) <= 30),
    town_actor  text NOT NULL DEFAULT '' CHECK (octet_length(town_actor) <= 2048),
    active      text NOT NULL DEFAULT '' CHECK (octet_length(active) <= 2048),
    card_read_at timestamptz,
    -- its relay
    relay       text COLLATE "C" NOT NULL DEFAULT '' CHECK (octet_length(relay) <= 2048),
    relay_inbox text NOT NULL DEFAULT '' CHECK (octet_length(relay_inbox) <= 2048),
    relay_outbox text NOT NULL DEFAULT '' CHECK (octet_length(relay_outbox) <= 2048),
    -- the handshake: outgoing is what we asked, incoming what the other town asked
    outgoing    text NOT NULL DEFAULT 'none' CHECK (outgoing IN ('none', 'pending', 'accepted', 'refused', 'expired')),
    incoming    text NOT NULL DEFAULT 'none' CHECK (incoming IN ('none', 'pending', 'accepted', 'refused', 'expired')),
    mode        text NOT NULL DEFAULT 'open' CHECK (mode IN ('open', 'review', 'agenda', 'muted', 'blocked')),
    wants       jsonb NOT NULL DEFAULT '{}' CHECK (octet_length(wants::text) <= 1000),
    gives       jsonb NOT NULL DEFAULT '{}' CHECK (octet_length(gives::text) <= 1000),
    their_wants jsonb NOT NULL DEFAULT '{}' CHECK (octet_length(their_wants::text) <= 1000),
    grants      jsonb NOT NULL DEFAULT '{}' CHECK (octet_length(grants::text) <= 1000),
    follow_id   uuid,
    asked_at    timestamptz,
    asks        smallint NOT NULL DEFAULT 0,
    refusal     text NOT NULL DEFAULT '' CHECK (length(refusal) <= 500),
    their_follow text NOT NULL DEFAULT '' CHECK (octet_length(their_follow) <= 2048),
    they_asked_at timestamptz,
    message     text NOT NULL DEFAULT '' CHECK (length(message) <= 500),
    welcome_until timestamptz,
    since       timestamptz,
    -- how it does
    last_exchange timestamptz,
    failing_since timestamptz,
    reconciled_at timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX neighbours_relay ON neighbours (relay) WHERE relay <> '';

-- News of other towns' merchants, as their relays announced it.
CREATE TABLE foreign_posts (
    id          uuid PRIMARY KEY,
    object_id   text COLLATE "C" NOT NULL UNIQUE CHECK (octet_length(object_id) <= 2048),
    domain      text COLLATE "C" NOT NULL CHECK (length(domain) <= 260) REFERENCES neighbours ON DELETE CASCADE,
    actor       text COLLATE "C" NOT NULL CHECK (octet_length(actor) <= 2048), -- may be not fetched yet
    kind        text NOT NULL CHECK (length(kind) <= 20),
    title       text NOT NULL DEFAULT '' CHECK (length(title) <= 200),
    content     text NOT NULL CHECK (length(content) <= 200000),  -- sanitised HTML
    language    text NOT NULL DEFAULT '' CHECK (length(language) <= 100),
    url         text NOT NULL CHECK (octet_length(url) <= 2048),
    starts_at   timestamptz,
    ends_at     timestamptz,
    details     jsonb NOT NULL DEFAULT '{}' CHECK (octet_length(details::text) <= 65536),
    attachments json NOT NULL DEFAULT '[]' CHECK (octet_length(attachments::text) <= 1048576),
    km          double precision,                -- from this town's centre; null: not known
    published_at timestamptz NOT NULL,
    updated_at  timestamptz,
    received_at timestamptz NOT NULL
);
CREATE INDEX foreign_posts_feed ON foreign_posts (published_at DESC, id DESC);
CREATE INDEX foreign_posts_domain ON foreign_posts (domain, published_at DESC, id DESC);
CREATE INDEX foreign_posts_actor ON foreign_posts (actor);
CREATE INDEX foreign_posts_agenda ON foreign_posts (starts_at, id) WHERE kind = 'event';

-- What the town hall decided about single merchants of other towns.
CREATE TABLE foreign_merchants (
    actor      text COLLATE "C" PRIMARY KEY CHECK (octet_length(actor) <= 2048),
    decision   text NOT NULL CHECK (decision IN ('let_in', 'muted', 'blocked')),
    decided_at timestamptz NOT NULL
);
