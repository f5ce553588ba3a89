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

-- Pictures of peers that pages show, as copies of our own: of actors and below posts. A row
-- is there from when a page first wanted it until seven days after the last one did.
CREATE TABLE remote_media (
    id       uuid PRIMARY KEY,
    actor_id bigint NOT NULL REFERENCES remote_actors ON DELETE CASCADE, -- whose it is
    reply_id uuid REFERENCES replies ON DELETE CASCADE,                  -- null: the actor's own picture
    url      text COLLATE "C" NOT NULL CHECK (octet_length(url) <= 2048),
    host     text COLLATE "C" NOT NULL CHECK (length(host) <= 260),      -- of the url
    file     jsonb CHECK (octet_length(file::text) <= 65536),            -- names, sizes and types of the variants; null: there is no copy
    asked_at timestamptz NOT NULL,
    used_at  timestamptz NOT NULL
);
CREATE UNIQUE INDEX remote_media_actor ON remote_media (actor_id) WHERE reply_id IS NULL;
CREATE UNIQUE INDEX remote_media_reply ON remote_media (reply_id, url) WHERE reply_id IS NOT NULL;
CREATE INDEX remote_media_of ON remote_media (actor_id);
CREATE INDEX remote_media_host ON remote_media (host);
CREATE INDEX remote_media_used ON remote_media (used_at);
CREATE INDEX remote_media_name ON remote_media ((file->>'name'));

-- Files that no row names any more and that are still to be removed from where they are kept. A trigger writes it, so
-- that no way on which a row goes, or goes along with another, can forget its files.
CREATE TABLE files_to_remove (
    file text COLLATE "C" PRIMARY KEY CHECK (length(file) <= 200),
    at   timestamptz NOT NULL DEFAULT now()
);

-- +goose StatementBegin
CREATE FUNCTION remote_media_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.file IS DISTINCT FROM OLD.file THEN
        INSERT INTO files_to_remove (file) SELECT v->>'file' FROM jsonb_array_elements(OLD.file->'variants') AS v ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER remote_media_gone AFTER DELETE OR UPDATE OF file ON remote_media
    FOR EACH ROW WHEN (OLD.file IS NOT NULL) EXECUTE FUNCTION remote_media_gone();

-- What a peer's reply said before it was edited. Its merchant and the town hall read it.
CREATE TABLE reply_versions (
    reply_id    uuid NOT NULL REFERENCES replies ON DELETE CASCADE,
    replaced_at timestamptz NOT NULL, -- as the peer says
    summary     text NOT NULL CHECK (length(summary) <= 500),
    content     text NOT NULL CHECK (length(content) <= 200000),
    language    text NOT NULL CHECK (length(language) <= 100),
    PRIMARY KEY (reply_id, replaced_at)
);

-- What the sweep looks for: activities that nobody fetches any more, and actors of whom nothing is left here.
CREATE INDEX activities_unlisted ON activities (leaves_at) WHERE NOT listed AND type <> 'Create';
CREATE INDEX remote_actors_fetched ON remote_actors (fetched_at);
CREATE INDEX posts_mentions ON posts USING gin (mentions) WHERE mentions <> '{}';

-- Whether a merchant's website says that it is the merchant's (rel="me"), and when that was looked at.
ALTER TABLE merchants ADD website_checked_at timestamptz;
ALTER TABLE merchants ADD website_verified_at timestamptz;
