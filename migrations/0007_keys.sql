-- +goose Up

-- The keys with which actors sign. They stood in actors before; they leave it at once and not in a later release, because
-- a copy of a private key that nobody knows of is never erased.
CREATE TABLE actor_keys (
    actor_id    uuid NOT NULL REFERENCES actors,
    number      integer NOT NULL CHECK (number > 0), -- in the key's id, and never used again
    kind        text NOT NULL CHECK (kind IN ('rsa', 'ed25519')),
    private_key text NOT NULL CHECK (length(private_key) <= 8192), -- PEM, PKCS 8
    public_key  text NOT NULL CHECK (length(public_key) <= 4096),  -- PEM, PKIX
    made_at     timestamptz NOT NULL DEFAULT now(),
    retires_at  timestamptz,                         -- null: it signs; else others have replaced it, and the row goes then
    hidden      boolean NOT NULL DEFAULT false,      -- it leaked: replaced, and not published any more
    PRIMARY KEY (actor_id, number, kind)
);
CREATE UNIQUE INDEX actor_keys_signing ON actor_keys (actor_id, kind) WHERE retires_at IS NULL;
CREATE INDEX actor_keys_retiring ON actor_keys (retires_at) WHERE retires_at IS NOT NULL;

INSERT INTO actor_keys (actor_id, number, kind, private_key, public_key, made_at)
SELECT id, 1, 'rsa', private_key, public_key, created_at FROM actors;
ALTER TABLE actors DROP COLUMN private_key, DROP COLUMN public_key;

-- An activity that announces new keys is signed with those before them.
ALTER TABLE activities ADD COLUMN former_keys boolean NOT NULL DEFAULT false;
CREATE INDEX activities_announcing ON activities (actor_id) WHERE former_keys;
-- What goes to the followers tells each server how many of them it should know (FEP-8fcf).
ALTER TABLE activities ADD COLUMN followers boolean NOT NULL DEFAULT false;

-- How a host signs is known also of hosts to which nothing was ever delivered.
ALTER TABLE hosts ADD COLUMN scheme_at timestamptz;
