-- +goose Up

-- Conversations: who was named in them, and what answers what.
ALTER TABLE posts ADD mentions text[] NOT NULL DEFAULT '{}' CHECK (cardinality(mentions) <= 20); -- of an answer: actors beside the addressee
ALTER TABLE replies ADD mentions text[] NOT NULL DEFAULT '{}' CHECK (cardinality(mentions) <= 20);
ALTER TABLE replies ADD sensitive boolean NOT NULL DEFAULT false;
CREATE INDEX posts_parent ON posts (in_reply_to) WHERE in_reply_to IS NOT NULL;
CREATE INDEX replies_parent ON replies (in_reply_to) WHERE in_reply_to IS NOT NULL;

-- Where the replies to a reply are to be found at its server, and when they were looked for.
ALTER TABLE replies ADD collection text CHECK (octet_length(collection) <= 2048);
ALTER TABLE replies ADD collection_read_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX replies_collection ON replies (post_id, collection_read_at) WHERE collection IS NOT NULL AND public AND state = 'shown';

-- What this server has asked peers for on its own account, so that it does not ask too much.
CREATE TABLE lookups (
    key    uuid PRIMARY KEY,           -- 128 bits of SHA-256 over the address
    host   text COLLATE "C" NOT NULL CHECK (length(host) <= 260),
    domain text COLLATE "C" NOT NULL CHECK (length(domain) <= 260), -- as it was registered
    at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX lookups_at ON lookups (at);
CREATE INDEX lookups_domain ON lookups (domain, at) INCLUDE (host);
