-- +goose Up

-- Neighbours' news is found by its words, as the town's own is.
ALTER TABLE foreign_posts ADD folded text NOT NULL DEFAULT '' CHECK (length(folded) <= 30000);
ALTER TABLE foreign_posts ADD search tsvector GENERATED ALWAYS AS (to_tsvector('french', folded)) STORED;
CREATE INDEX foreign_posts_search ON foreign_posts USING gin (search);

UPDATE foreign_posts SET attachments = '[]' WHERE json_typeof(attachments) <> 'array';

-- Its pictures, as copies of our own: asked for as soon as the post is shown, gone with it. The trigger names their files
-- to whoever removes them.
CREATE TABLE foreign_media (
    id       uuid PRIMARY KEY,
    post_id  uuid NOT NULL REFERENCES foreign_posts ON DELETE CASCADE,
    url      text COLLATE "C" NOT NULL CHECK (octet_length(url) <= 2048),
    host     text COLLATE "C" NOT NULL CHECK (length(host) <= 260),      -- of the url
    file     jsonb CHECK (octet_length(file::text) <= 65536),            -- names, sizes and types of the variants; null: there is no copy
    asked_at timestamptz NOT NULL,
    UNIQUE (post_id, url)
);
CREATE INDEX foreign_media_host ON foreign_media (host);
CREATE INDEX foreign_media_name ON foreign_media ((file->>'name'));
CREATE TRIGGER foreign_media_gone AFTER DELETE OR UPDATE OF file ON foreign_media
    FOR EACH ROW WHEN (OLD.file IS NOT NULL) EXECUTE FUNCTION remote_media_gone();
