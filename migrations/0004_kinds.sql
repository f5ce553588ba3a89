-- +goose Up

-- Posts of further kinds: longer texts, offers, products, events, and notices of closure.
ALTER TABLE posts DROP CONSTRAINT posts_kind_check;
ALTER TABLE posts
    ADD CHECK (kind IN ('news', 'answer', 'article', 'offer', 'product', 'event', 'closure')),
    ADD title        text NOT NULL DEFAULT '' CHECK (length(title) <= 200),
    ADD starts_at    timestamptz,
    ADD ends_at      timestamptz,
    ADD details      jsonb NOT NULL DEFAULT '{}' CHECK (octet_length(details::text) <= 65536), -- what the kind has further: price, place, status
    ADD silent       boolean NOT NULL DEFAULT false, -- a product that was never put forward: on its shop's page, in no feed, sent to nobody
    ADD ended        boolean NOT NULL DEFAULT false, -- an offer that is over, sold out or taken back; an event that is cancelled or put off
    ADD announced_at timestamptz,                    -- when its merchant last put it forward or reminded of it
    ADD revision     integer NOT NULL DEFAULT 0;     -- counts the changes, so that none overwrites another one unseen

-- What a draft has beside its text, also what could not be read yet, field by field as it was typed.
ALTER TABLE drafts
    ADD title     text NOT NULL DEFAULT '' CHECK (length(title) <= 2000),
    ADD starts_at timestamptz,
    ADD ends_at   timestamptz,
    ADD details   jsonb NOT NULL DEFAULT '{}' CHECK (octet_length(details::text) <= 262144),
    ADD typed     jsonb NOT NULL DEFAULT '{}' CHECK (octet_length(typed::text) <= 262144);
ALTER TABLE drafts DROP CONSTRAINT drafts_text_check;
ALTER TABLE drafts ADD CHECK (length(text) <= 40000);

-- What a post said before each edit.
CREATE TABLE post_versions (
    post_id    uuid NOT NULL REFERENCES posts ON DELETE CASCADE,
    written_at timestamptz NOT NULL, -- when it was published or edited to this
    title      text NOT NULL CHECK (length(title) <= 200),
    text       text NOT NULL CHECK (length(text) <= 20000),
    starts_at  timestamptz,
    ends_at    timestamptz,
    details    jsonb NOT NULL CHECK (octet_length(details::text) <= 65536),
    PRIMARY KEY (post_id, written_at)
);

-- What stands in feeds.
DROP INDEX posts_feed;
DROP INDEX posts_merchant;
CREATE INDEX posts_feed ON posts (published_at DESC, id DESC)
    WHERE kind <> 'answer' AND public AND NOT silent AND withdrawn_at IS NULL;
CREATE INDEX posts_merchant ON posts (merchant_id, published_at DESC, id DESC)
    WHERE kind <> 'answer' AND public AND NOT silent AND withdrawn_at IS NULL;

-- Offers that are not over, the one that ends next first; products, newest first; events by the day on which they begin.
CREATE INDEX posts_offers ON posts (ends_at, id) WHERE kind = 'offer' AND public AND NOT ended AND withdrawn_at IS NULL;
CREATE INDEX posts_merchant_offers ON posts (merchant_id, ends_at, id) WHERE kind = 'offer' AND public AND NOT ended AND withdrawn_at IS NULL;
CREATE INDEX posts_merchant_products ON posts (merchant_id, published_at DESC, id DESC) WHERE kind = 'product' AND public AND withdrawn_at IS NULL;
CREATE INDEX posts_events ON posts (starts_at, id) WHERE kind = 'event' AND public AND withdrawn_at IS NULL;
CREATE INDEX posts_merchant_events ON posts (merchant_id, starts_at, id) WHERE kind = 'event' AND public AND withdrawn_at IS NULL;

-- What a merchant asked for a thing of one name; folded begins with the title's line.
CREATE INDEX posts_prices ON posts (merchant_id, left(split_part(folded, E'\n', 1), 300)) WHERE kind IN ('offer', 'product');

-- What followers were told to be in a merchant's featured collection, beside the card.
CREATE TABLE featured (
    merchant_id uuid NOT NULL REFERENCES merchants ON DELETE CASCADE,
    post_id     uuid NOT NULL REFERENCES posts ON DELETE CASCADE,
    PRIMARY KEY (merchant_id, post_id)
);
CREATE INDEX featured_post ON featured (post_id);
