-- +goose Up

-- What other servers run (NodeInfo), and whether they speak with us as towns do (federation/PEERING.md): the form in which
-- they get news depends on it.
ALTER TABLE neighbours
    ADD COLUMN software text NOT NULL DEFAULT '' CHECK (length(software) <= 100),
    ADD COLUMN speaks_peering boolean NOT NULL DEFAULT false;

-- Single posts of other towns that the town hall has hidden here, each with the statement of reasons. The decision stays
-- when the post is gone.
CREATE TABLE hidden_foreign (
    object_id  text COLLATE "C" PRIMARY KEY CHECK (octet_length(object_id) <= 2048),
    domain     text COLLATE "C" NOT NULL CHECK (length(domain) <= 260),
    category   text NOT NULL CHECK (length(category) <= 20),
    words      text NOT NULL CHECK (length(words) <= 1000),
    hidden_by  uuid REFERENCES logins ON DELETE SET NULL,
    hidden_at  timestamptz NOT NULL,
    shown_at   timestamptz -- null: it is hidden; else since when it is shown again
);

-- What another town hall reports says for what reason, and is answered.
ALTER TABLE reports
    ADD COLUMN category text NOT NULL DEFAULT '' CHECK (length(category) <= 20),
    ADD COLUMN hall     text NOT NULL DEFAULT '' CHECK (length(hall) <= 100),           -- name of the town whose town hall it is
    ADD COLUMN hall_relay text COLLATE "C" NOT NULL DEFAULT '' CHECK (octet_length(hall_relay) <= 2048),
    ADD COLUMN flag_id  text COLLATE "C" NOT NULL DEFAULT '' CHECK (octet_length(flag_id) <= 2048);

-- What was reported to another town hall has its answer.
ALTER TABLE sent_reports
    ADD COLUMN category    text NOT NULL DEFAULT '' CHECK (length(category) <= 20),
    ADD COLUMN hall        text COLLATE "C" NOT NULL DEFAULT '' CHECK (length(hall) <= 260), -- domain; '': no town hall
    ADD COLUMN title       text NOT NULL DEFAULT '' CHECK (length(title) <= 200),            -- what was reported, in a line
    ADD COLUMN answer      text NOT NULL DEFAULT '' CHECK (length(answer) <= 2000),          -- one line of plain text
    ADD COLUMN answered_at timestamptz;
