-- +goose Up

-- The names under which the town was first known: the host that makes ids, and the domain of its handles. Other
-- servers remember both for good, so a change of the settings must not go unnoticed.
CREATE TABLE names (
    single        boolean PRIMARY KEY DEFAULT true CHECK (single),
    host          text COLLATE "C" NOT NULL CHECK (length(host) BETWEEN 1 AND 260),
    handle_domain text COLLATE "C" NOT NULL CHECK (length(handle_domain) BETWEEN 1 AND 260),
    kept_at       timestamptz NOT NULL DEFAULT now()
);

-- Since when a host has taken nothing; null as long as it works.
ALTER TABLE hosts ADD failing_since timestamptz;
UPDATE hosts SET failing_since = coalesce(last_success, last_failure) WHERE failures > 0;
