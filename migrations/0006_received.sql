-- +goose Up

-- Activities that their senders have taken back, under the key by which received knows them. Kept for as long
-- as a peer may still bring what was undone.
CREATE TABLE undone (
    key       uuid PRIMARY KEY,
    signed_at timestamptz NOT NULL,  -- what was signed before this stays undone; Misskey and Pixelfed follow again under the same id
    unseen    boolean NOT NULL,      -- the Undo has overtaken what it undoes, which has no effect when it comes
    undone_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX undone_at ON undone USING brin (undone_at);

-- What is no Note is shown as a card: its name and the type that its server gave it.
ALTER TABLE replies
    ADD type text NOT NULL DEFAULT 'Note' CHECK (length(type) <= 100),
    ADD name text NOT NULL DEFAULT '' CHECK (length(name) <= 200);

-- Who quotes a post elsewhere. A row that is granted is an authorisation (FEP-044f), to be found at
-- /posts/<post>/quotes/<id>. One that was taken back stays, so that it is not granted again.
CREATE TABLE quotes (
    id         uuid PRIMARY KEY,
    post_id    uuid NOT NULL REFERENCES posts ON DELETE CASCADE,
    actor_id   bigint NOT NULL REFERENCES remote_actors,
    object_id  text COLLATE "C" NOT NULL CHECK (octet_length(object_id) <= 2048),  -- what quotes
    url        text NOT NULL CHECK (octet_length(url) <= 2048),                    -- its page
    granted    boolean NOT NULL,
    quoted_at  timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX quotes_post ON quotes (post_id, quoted_at) WHERE revoked_at IS NULL;
CREATE INDEX quotes_object ON quotes (object_id, actor_id);
CREATE INDEX quotes_actor ON quotes (actor_id);

-- What peers report to the town hall about a merchant (Flag). The number is the receipt.
CREATE TABLE reports (
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merchant_id uuid NOT NULL REFERENCES merchants ON DELETE CASCADE,
    posts       uuid[] NOT NULL CHECK (cardinality(posts) <= 20),
    actor_id    bigint NOT NULL REFERENCES remote_actors,       -- most often another server's Application
    words       text NOT NULL CHECK (length(words) <= 2000),    -- one line of plain text
    received_at timestamptz NOT NULL,
    decided_at  timestamptz,
    decided_by  uuid REFERENCES logins ON DELETE SET NULL,
    note        text NOT NULL DEFAULT '' CHECK (length(note) <= 2000)
);
CREATE INDEX reports_received ON reports (received_at);
CREATE INDEX reports_open ON reports (number) WHERE decided_at IS NULL;
CREATE INDEX reports_actor ON reports (actor_id);

ALTER TABLE notifications DROP CONSTRAINT notifications_kind_check,
    ADD CONSTRAINT notifications_kind_check CHECK (kind IN ('reply', 'mention', 'message', 'like', 'share', 'follow', 'quote'));
