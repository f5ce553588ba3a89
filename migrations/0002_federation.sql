-- +goose Up

-- Peers' actors as they were last fetched.
CREATE TABLE remote_actors (
    id           text PRIMARY KEY CHECK (octet_length(id) <= 2048),
    host         text NOT NULL CHECK (length(host) <= 255),
    type         text NOT NULL CHECK (length(type) <= 40),
    handle       text NOT NULL CHECK (length(handle) <= 300),  -- "user@domain", to be shown
    name         text NOT NULL CHECK (length(name) <= 200),    -- plain text
    url          text NOT NULL CHECK (octet_length(url) <= 2048),
    inbox        text NOT NULL CHECK (octet_length(inbox) <= 2048),
    shared_inbox text CHECK (octet_length(shared_inbox) <= 2048),
    document     jsonb NOT NULL,  -- the decoded actor
    fetched_at   timestamptz NOT NULL,
    deleted_at   timestamptz
);
CREATE INDEX remote_actors_host ON remote_actors (host);

CREATE TABLE remote_keys (
    id    text PRIMARY KEY CHECK (octet_length(id) <= 2048),
    owner text NOT NULL REFERENCES remote_actors ON DELETE CASCADE,
    pem   text NOT NULL CHECK (length(pem) <= 8192)
);
CREATE INDEX remote_keys_owner ON remote_keys (owner);

-- Activities that were applied: the first 128 bits of SHA-256 over actor and activity id
-- (an Update: over actor, object and its time). Kept as long as a peer may repeat them.
CREATE TABLE received (
    key         uuid PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX received_at ON received USING brin (received_at);

-- Objects that peers deleted, so that a late or repeated Create does not bring them back.
CREATE TABLE remote_tombstones (
    key        uuid PRIMARY KEY,  -- the same hash, over the object's id
    deleted_at timestamptz NOT NULL DEFAULT now()
);

-- Who follows whom of us. A follower who left stays, with the time, because a Delete of
-- what was sent while the following lasted must reach that server too.
CREATE TABLE followers (
    actor_id     uuid NOT NULL REFERENCES actors,
    follower     text NOT NULL CHECK (octet_length(follower) <= 2048),
    follow_id    text NOT NULL CHECK (octet_length(follow_id) <= 2048),
    inbox        text NOT NULL CHECK (octet_length(inbox) <= 2048),
    shared_inbox text CHECK (octet_length(shared_inbox) <= 2048),
    host         text NOT NULL CHECK (length(host) <= 255),
    accepted_at  timestamptz NOT NULL DEFAULT now(),
    ended_at     timestamptz,
    PRIMARY KEY (actor_id, follower)
);
CREATE INDEX followers_follower ON followers (follower);
CREATE INDEX followers_host ON followers (host);

-- What peers wrote to a merchant: replies to posts, mentions, private messages.
CREATE TABLE replies (
    id          uuid PRIMARY KEY,
    object_id   text NOT NULL UNIQUE CHECK (octet_length(object_id) <= 2048),
    actor       text NOT NULL REFERENCES remote_actors,
    merchant_id uuid NOT NULL REFERENCES merchants,
    post_id     uuid REFERENCES posts,   -- whose thread it stands in; null: mentions and messages
    in_reply_to text CHECK (octet_length(in_reply_to) <= 2048),
    url         text NOT NULL CHECK (octet_length(url) <= 2048),
    public      boolean NOT NULL,
    summary     text NOT NULL DEFAULT '' CHECK (length(summary) <= 500),
    content     text NOT NULL CHECK (length(content) <= 100000),  -- sanitised HTML
    language    text NOT NULL DEFAULT '' CHECK (length(language) <= 20),
    attachments jsonb NOT NULL DEFAULT '[]',
    published_at timestamptz NOT NULL,
    updated_at  timestamptz,
    received_at timestamptz NOT NULL DEFAULT now(),
    state       text NOT NULL CHECK (state IN ('shown', 'waiting', 'hidden'))
);
CREATE INDEX replies_post ON replies (post_id, published_at) WHERE post_id IS NOT NULL;
CREATE INDEX replies_merchant ON replies (merchant_id, received_at DESC);
CREATE INDEX replies_actor ON replies (actor);
CREATE INDEX replies_parent ON replies (in_reply_to) WHERE in_reply_to IS NOT NULL;

CREATE TABLE reactions (
    post_id     uuid NOT NULL REFERENCES posts ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('like', 'share')),
    actor       text NOT NULL REFERENCES remote_actors,
    activity_id text NOT NULL CHECK (octet_length(activity_id) <= 2048),
    at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (post_id, kind, actor)
);
CREATE INDEX reactions_actor ON reactions (actor);
CREATE INDEX reactions_activity ON reactions (activity_id);

-- What a merchant should know of.
CREATE TABLE notifications (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merchant_id uuid NOT NULL REFERENCES merchants ON DELETE CASCADE,
    kind        text NOT NULL CHECK (kind IN ('reply', 'mention', 'message', 'like', 'share', 'follow')),
    actor       text NOT NULL REFERENCES remote_actors,
    post_id     uuid REFERENCES posts ON DELETE CASCADE,
    reply_id    uuid REFERENCES replies ON DELETE CASCADE,
    at          timestamptz NOT NULL DEFAULT now(),
    read_at     timestamptz
);
CREATE INDEX notifications_merchant ON notifications (merchant_id, id DESC);
CREATE INDEX notifications_unread ON notifications (merchant_id) WHERE read_at IS NULL;
CREATE INDEX notifications_actor ON notifications (actor);
CREATE INDEX notifications_reply ON notifications (reply_id) WHERE reply_id IS NOT NULL;

-- Every activity that we sent: the outbox.
CREATE TABLE activities (
    id         uuid PRIMARY KEY,
    actor_id   uuid NOT NULL REFERENCES actors,
    type       text NOT NULL,
    object_id  text NOT NULL CHECK (octet_length(object_id) <= 2048), -- deliveries about one object keep their order
    json       bytea NOT NULL,
    public     boolean NOT NULL,
    listed     boolean NOT NULL,         -- stands in the outbox (Create and Announce)
    leaves_at  timestamptz NOT NULL,
    recipients integer NOT NULL DEFAULT 0, -- inboxes it was addressed to, and how it went
    delivered  integer NOT NULL DEFAULT 0,
    abandoned  integer NOT NULL DEFAULT 0
);
CREATE INDEX activities_outbox ON activities (actor_id, id DESC) WHERE listed;
CREATE INDEX activities_object ON activities (object_id);

-- What is still to be delivered. A row goes when the peer has answered for good.
CREATE TABLE deliveries (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    activity_id uuid NOT NULL REFERENCES activities,
    inbox       text NOT NULL CHECK (octet_length(inbox) <= 2048),
    host        text NOT NULL CHECK (length(host) <= 255),
    object_key  uuid NOT NULL,           -- hash of inbox and object: the order to be kept
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'parked')),
    attempts    smallint NOT NULL DEFAULT 0,
    next_try    timestamptz NOT NULL,
    lease       bigint NOT NULL DEFAULT 0,
    leased_until timestamptz,
    last_error  text CHECK (length(last_error) <= 300),
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX deliveries_due ON deliveries (next_try, id) WHERE state = 'waiting';
CREATE INDEX deliveries_order ON deliveries (object_key, id) WHERE state = 'waiting';
CREATE INDEX deliveries_host ON deliveries (host, state, id);
CREATE INDEX deliveries_inbox ON deliveries (inbox);
CREATE INDEX deliveries_activity ON deliveries (activity_id);
CREATE SEQUENCE delivery_lease;

-- What is known of a peer as a place to deliver to.
CREATE TABLE hosts (
    host         text PRIMARY KEY CHECK (length(host) <= 255),
    paused_until timestamptz NOT NULL DEFAULT '-infinity',
    failures     integer NOT NULL DEFAULT 0,  -- in a row
    last_error   text CHECK (length(last_error) <= 300),
    last_failure timestamptz,
    last_success timestamptz,
    scheme       smallint NOT NULL DEFAULT 0  -- the way to sign that worked
);

CREATE TABLE blocked_domains (
    domain     text PRIMARY KEY CHECK (length(domain) BETWEEN 1 AND 255),  -- covers its subdomains
    reason     text NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    blocked_at timestamptz NOT NULL DEFAULT now()
);
