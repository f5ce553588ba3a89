-- +goose Up

-- Conversations: who was named in them, and what answers what.
ALTER TABLE posts ADD mentions text[] NOT NULL DEFAULT '{}' CHECK (cardinality(mentions) <= 20); -- of an answer: actors beside the addressee
ALTER TABLE replies ADD mentions text[] NOT NULL DEFAULT '{}' CHECK (cardinality(mentions) <= 20);
ALTER TABLE replies ADD sensitive boolean NOT NULL DEFAULT false;
CREATE INDEX posts_parent ON posts (in_reply_to) WHERE in_reply_to IS NOT NULL;
CREATE INDEX replies_parent ON replies (in_reply_to) WHERE in_reply_to IS NOT NULL;
