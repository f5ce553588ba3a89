-- +goose Up

-- Peers' actors as they were last fetched. Other tables name them by the short id: an
-- IRI has some sixty bytes, and each would stand in several indexes.
CREATE TABLE remote_actors (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    iri          text COLLATE "C" NOT NULL UNIQUE CHECK (octet_length(iri) <= 2048),
    host         text COLLATE "C" NOT NULL CHECK (length(host) <= 260),
    handle       text NOT NULL CHECK (length(handle) <= 600),  -- "user@domain", to be shown
    name         text NOT NULL CHECK (length(name) <= 200),    -- plain text
    url          text NOT NULL CHECK (octet_length(url) <= 2048),
    inbox        text COLLATE "C" NOT NULL CHECK (octet_length(inbox) <= 2048),
    delivery_inbox text COLLATE "C" NOT NULL CHECK (octet_length(delivery_inbox) <= 2048), -- the shared one where there is one
    delivery_host text COLLATE "C" NOT NULL CHECK (length(delivery_host) <= 260),
    document     json NOT NULL,                   -- the decoded actor
    fetched_at   timestamptz NOT NULL,
    deleted_at   timestamptz,                     -- said its server
    blocked      boolean NOT NULL DEFAULT false   -- says the town hall, of its domain
);
CREATE INDEX remote_actors_host ON remote_actors (host);
CREATE INDEX remote_actors_delivery_host ON remote_actors (delivery_host);

CREATE TABLE remote_keys (
    id       text COLLATE "C" PRIMARY KEY CHECK (octet_length(id) <= 2048),
    actor_id bigint NOT NULL REFERENCES remote_actors ON DELETE CASCADE,
    pem      text NOT NULL CHECK (length(pem) <= 8192)
);
CREATE INDEX remote_keys_actor ON remote_keys (actor_id);

-- Activities that were applied: the first 128 bits of SHA-256 over actor and activity id
-- (an Update: over actor, object and its time). Kept as long as a peer may repeat them.
CREATE TABLE received (
    key         uuid PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX received_at ON received USING brin (received_at);

-- Objects that peers deleted, so that a late or repeated Create does not bring them back:
-- the same hash, over actor and object id, so that nobody can ban the id of another's object.
CREATE TABLE remote_tombstones (
    key        uuid PRIMARY KEY,
    deleted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX remote_tombstones_at ON remote_tombstones USING brin (deleted_at);

-- Who follows whom of us. A follower who left stays for a while, with the time, because a
-- Delete of what was sent while the following lasted must reach that server too.
CREATE TABLE followers (
    actor_id     uuid NOT NULL REFERENCES actors,
    follower_id  bigint NOT NULL REFERENCES remote_actors,
    follow_id    text NOT NULL CHECK (octet_length(follow_id) <= 2048),
    accepted_at  timestamptz NOT NULL DEFAULT now(),
    ended_at     timestamptz,
    PRIMARY KEY (actor_id, follower_id) INCLUDE (ended_at) -- so that those present are counted in the index
);
CREATE INDEX followers_follower ON followers (follower_id);
CREATE INDEX followers_ended ON followers (ended_at) WHERE ended_at IS NOT NULL;

-- What peers wrote to a merchant: replies to posts, mentions, private messages.
CREATE TABLE replies (
    id          uuid PRIMARY KEY,
    object_id   text COLLATE "C" NOT NULL CHECK (octet_length(object_id) <= 2048),
    actor_id    bigint NOT NULL REFERENCES remote_actors,
    merchant_id uuid NOT NULL REFERENCES merchants,
    post_id     uuid REFERENCES posts,   -- whose thread it stands in; null: mentions and messages
    in_reply_to text CHECK (octet_length(in_reply_to) <= 2048),
    url         text NOT NULL CHECK (octet_length(url) <= 2048),
    public      boolean NOT NULL,
    summary     text NOT NULL DEFAULT '' CHECK (length(summary) <= 500),
    content     text NOT NULL CHECK (length(content) <= 200000),  -- sanitised HTML
    language    text NOT NULL DEFAULT '' CHECK (length(language) <= 100),
    attachments json NOT NULL,
    published_at timestamptz NOT NULL,
    updated_at  timestamptz,
    received_at timestamptz NOT NULL,
    state       text NOT NULL CHECK (state IN ('shown', 'waiting', 'hidden')),
    UNIQUE (object_id, actor_id)         -- two actors of one server do not fight for an id
);
CREATE INDEX replies_post ON replies (post_id, published_at) WHERE post_id IS NOT NULL;
CREATE INDEX replies_waiting ON replies (received_at) WHERE state = 'waiting' AND public;
CREATE INDEX replies_actor ON replies (actor_id, merchant_id);

CREATE TABLE reactions (
    post_id     uuid NOT NULL REFERENCES posts ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('like', 'share')),
    actor_id    bigint NOT NULL REFERENCES remote_actors,
    activity_id text NOT NULL CHECK (octet_length(activity_id) <= 2048),
    at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (post_id, kind, actor_id)
);
CREATE INDEX reactions_actor ON reactions (actor_id);

-- What a merchant should know of.
CREATE TABLE notifications (
    id          bigint GENERATED ALWAYS AS IDENTITY,
    merchant_id uuid NOT NULL REFERENCES merchants ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('reply', 'mention', 'message', 'like', 'share', 'follow')),
    actor_id    bigint NOT NULL REFERENCES remote_actors,
    post_id     uuid REFERENCES posts ON DELETE CASCADE,
    reply_id    uuid REFERENCES replies ON DELETE CASCADE,
    at          timestamptz NOT NULL DEFAULT now(),
    read_at     timestamptz,
    PRIMARY KEY (merchant_id, id)
);
CREATE INDEX notifications_unread ON notifications (merchant_id) WHERE read_at IS NULL AND kind IN ('reply', 'mention', 'message');
CREATE INDEX notifications_actor ON notifications (actor_id);
CREATE INDEX notifications_post ON notifications (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX notifications_reply ON notifications (reply_id) WHERE reply_id IS NOT NULL;

-- Every activity that we sent: the outbox. How many inboxes have got it follows from what
-- is left: recipients - abandoned - deliveries that wait.
CREATE TABLE activities (
    id         uuid PRIMARY KEY,
    actor_id   uuid NOT NULL REFERENCES actors,
    type       text NOT NULL CHECK (length(type) <= 40),
    object_id  text COLLATE "C" NOT NULL CHECK (octet_length(object_id) <= 2048), -- deliveries about one object keep their order
    json       bytea NOT NULL,
    public     boolean NOT NULL,         -- may be fetched by its id
    listed     boolean NOT NULL,         -- stands in the outbox (Create and Announce)
    leaves_at  timestamptz NOT NULL,
    recipients integer NOT NULL,         -- inboxes it was addressed to
    abandoned  integer NOT NULL DEFAULT 0 -- of these, those which will never get it
);
CREATE INDEX activities_outbox ON activities (actor_id, id DESC) INCLUDE (leaves_at) WHERE listed;
CREATE INDEX activities_object ON activities (object_id);

-- What is still to be delivered. A row goes when the peer has answered for good. Taking a
-- lease changes no indexed column, and each page keeps room for it (a HOT update).
CREATE TABLE deliveries (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    activity_id uuid NOT NULL REFERENCES activities,
    inbox       text COLLATE "C" NOT NULL CHECK (octet_length(inbox) <= 2048),
    host        text COLLATE "C" NOT NULL CHECK (length(host) <= 260),
    after       bigint,                  -- the one before it about the same object to the same inbox: waits until that one waits no more
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'parked')),
    attempts    smallint NOT NULL DEFAULT 0,
    next_try    timestamptz NOT NULL,
    lease       bigint NOT NULL DEFAULT 0,
    leased_until timestamptz,
    last_error  text CHECK (length(last_error) <= 300),
    created_at  timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.2, autovacuum_analyze_scale_factor = 0.05);
CREATE INDEX deliveries_due ON deliveries (next_try, id) WHERE state = 'waiting';
CREATE INDEX deliveries_host ON deliveries (host, next_try, id) WHERE state = 'waiting';
CREATE INDEX deliveries_parked ON deliveries (created_at) WHERE state = 'parked';
CREATE INDEX deliveries_activity ON deliveries (activity_id);
CREATE SEQUENCE delivery_lease CACHE 1;

-- What is known of a peer as a place to deliver to.
CREATE TABLE hosts (
    host         text COLLATE "C" PRIMARY KEY CHECK (length(host) <= 260),
    paused_until timestamptz NOT NULL DEFAULT '-infinity',
    failures     integer NOT NULL DEFAULT 0,  -- in a row
    last_error   text CHECK (length(last_error) <= 300),
    last_failure timestamptz,
    last_success timestamptz,                 -- to the hour or so
    scheme       smallint NOT NULL DEFAULT 0  -- the way to sign that worked
) WITH (fillfactor = 70);

CREATE TABLE blocked_domains (
    domain     text COLLATE "C" PRIMARY KEY CHECK (length(domain) BETWEEN 1 AND 260),  -- covers its subdomains
    reason     text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    blocked_at timestamptz NOT NULL
);
