package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
)

var _ federation.ActorCache = (*Store)(nil)

// CachedActor implements federation.ActorCache. An actor whose server deleted it is not found.
func (s *Store) CachedActor(ctx context.Context, id federation.IRI) (*federation.Actor, time.Time, error) {
	var document []byte
	var fetched time.Time
	err := s.pool.QueryRow(ctx, `
		SELECT document, fetched_at FROM remote_actors WHERE iri = $1 AND deleted_at IS NULL`, string(id)).Scan(&document, &fetched)
	if err != nil {
		return nil, time.Time{}, cacheError("read cached actor", err)
	}
	var actor federation.Actor
	if err := json.Unmarshal(document, &actor); err != nil {
		return nil, time.Time{}, fmt.Errorf("read cached actor: %w", err)
	}
	return &actor, fetched, nil
}

// CachedKey implements federation.ActorCache.
func (s *Store) CachedKey(ctx context.Context, keyID federation.IRI) (*federation.PublicKey, time.Time, error) {
	key := federation.PublicKey{ID: keyID}
	var fetched time.Time
	err := s.pool.QueryRow(ctx, `
		SELECT a.iri, k.pem, a.fetched_at FROM remote_keys k JOIN remote_actors a ON a.id = k.actor_id
		 WHERE k.id = $1 AND a.deleted_at IS NULL`, string(keyID)).Scan(&key.Owner, &key.PEM, &fetched)
	if err != nil {
		return nil, time.Time{}, cacheError("read cached key", err)
	}
	return &key, fetched, nil
}

func cacheError(doing string, err error) error {
	if err == pgx.ErrNoRows { //nolint:errorlint // what QueryRow answers is never wrapped
		return fmt.Errorf("%s: %w", doing, federation.ErrNotFound)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// SaveActor implements federation.ActorCache. What was fetched earlier than what is
// stored changes nothing.
func (s *Store) SaveActor(ctx context.Context, actor federation.Verified[*federation.Actor], fetched time.Time) error {
	return retry(ctx, "save actor", func() error { return saveActor(ctx, s.pool, actor.Value(), fetched) })
}

// saveActor inserts or replaces an actor and its keys. An actor of a blocked domain is
// stored as blocked; one that was deleted lives again, for its server has served it since.
func saveActor(ctx context.Context, tx db, a *federation.Actor, fetched time.Time) error {
	document, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode actor: %w", err)
	}
	host, deliveryHost := a.ID.Host(), a.DeliveryInbox().Host()
	keyIDs, pems := []string{}, []string{}
	for _, k := range a.Keys {
		// A key is found by its id alone, so nobody may write one under another server's name.
		if k.Owner == a.ID && k.ID.Host() == host {
			keyIDs, pems = append(keyIDs, string(k.ID)), append(pems, k.PEM)
		}
	}
	url := a.URL
	if url == "" {
		url = a.ID
	}
	_, err = tx.Exec(ctx, `
		WITH saved AS (
			INSERT INTO remote_actors AS r (iri, host, handle, name, url, inbox, delivery_inbox, delivery_host, document, fetched_at, blocked)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, EXISTS (SELECT FROM blocked_domains WHERE domain = ANY($11)))
			ON CONFLICT (iri) DO UPDATE
			   SET host = excluded.host, handle = excluded.handle, name = excluded.name, url = excluded.url, inbox = excluded.inbox,
			       delivery_inbox = excluded.delivery_inbox, delivery_host = excluded.delivery_host, document = excluded.document,
			       fetched_at = excluded.fetched_at, blocked = excluded.blocked, deleted_at = NULL
			 WHERE r.fetched_at <= excluded.fetched_at AND (r.deleted_at IS NULL OR r.deleted_at < excluded.fetched_at)
			RETURNING id
		), stale AS (
			DELETE FROM remote_keys k USING saved WHERE k.actor_id = saved.id AND k.id <> ALL($12::text[])
		)
		INSERT INTO remote_keys (id, actor_id, pem)
		SELECT DISTINCT ON (k.id) k.id, saved.id, k.pem FROM saved, unnest($12::text[], $13::text[]) AS k(id, pem)
		ON CONFLICT (id) DO UPDATE SET actor_id = excluded.actor_id, pem = excluded.pem`,
		string(a.ID), host, handleOf(a), nameOf(a), string(url), string(a.Inbox), string(a.DeliveryInbox()), deliveryHost,
		document, fetched, append(domainsOf(host), domainsOf(deliveryHost)...), keyIDs, pems)
	return err
}

// handleOf returns the "user@domain" under which an actor is shown. A handle that it
// claims on another domain than its own is not shown: nobody has asked that domain.
func handleOf(a *federation.Actor) string {
	host := a.ID.Host()
	if user, domain, ok := strings.Cut(a.WebFinger, "@"); ok && user != "" && federation.CanonicalHost("https", domain) == host {
		return a.WebFinger
	}
	user := a.PreferredUsername
	if user == "" {
		user = string(a.ID[strings.LastIndexByte(string(a.ID), '/')+1:])
	}
	return cut(user, 200) + "@" + host
}

func nameOf(a *federation.Actor) string {
	if name := strings.TrimSpace(a.Name); name != "" {
		return cut(name, 200)
	}
	return cut(a.PreferredUsername, 200)
}

// cut returns the first n runes of s.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}

// RemoteActor implements town.PostStore and town.DocumentStore.
func (s *Store) RemoteActor(ctx context.Context, id federation.IRI) (*town.RemoteActor, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT iri, name, handle, url, host, id FROM remote_actors r WHERE iri = $1 AND deleted_at IS NULL`, string(id))
	actor, err := pgx.CollectExactlyOneRow(rows, pgx.RowToAddrOfStructByPos[town.RemoteActor])
	return actor, mapped("read remote actor", err)
}

// RemoteActors implements town.PostStore and town.DocumentStore.
func (s *Store) RemoteActors(ctx context.Context, ids []federation.IRI) ([]town.RemoteActor, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, _ := s.pool.Query(ctx, `
		SELECT a.iri, a.name, a.handle, a.url, a.host, a.id FROM unnest($1::text[]) WITH ORDINALITY AS n(iri, place)
		  JOIN remote_actors a ON a.iri = n.iri COLLATE "C" AND a.deleted_at IS NULL ORDER BY n.place`, ids)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[town.RemoteActor])
	return list, mapped("read remote actors", err)
}

// notNil is a list for a column that is never null.
func notNil[T any](ids []T) []T {
	if ids == nil {
		return []T{}
	}
	return ids
}

// UpdateActor implements town.InboxStore.
func (s *Store) UpdateActor(ctx context.Context, in town.Received) error {
	return s.receiveInTx(ctx, "update actor", in, func(tx pgx.Tx, _ int64) error {
		return saveActor(ctx, tx, in.Sender, s.now())
	})
}

// DeleteActor implements town.InboxStore. The row stays, without its document, so that
// what is still on its way from the actor does not bring it back.
func (s *Store) DeleteActor(ctx context.Context, in town.Received) error {
	err := s.receiveInTx(ctx, "delete actor", in, func(tx pgx.Tx, id int64) error {
		if err := removeTraces(ctx, tx, []int64{id}); err != nil {
			return err
		}
		for _, sql := range []string{`DELETE FROM remote_keys WHERE actor_id = $1`, `DELETE FROM sent_reports WHERE actor_id = $1`} {
			if _, err := tx.Exec(ctx, sql, id); err != nil {
				return err
			}
		}
		var inbox, host string
		var shared bool
		err := tx.QueryRow(ctx, `
			UPDATE remote_actors SET deleted_at = $2, document = '{}', name = '', handle = '', url = iri WHERE id = $1
			RETURNING inbox, delivery_host, EXISTS (
				SELECT FROM remote_actors o WHERE o.delivery_host = remote_actors.delivery_host
				   AND o.delivery_inbox = remote_actors.inbox AND o.id <> $1)`, id, s.now()).Scan(&inbox, &host, &shared)
		if err != nil || shared {
			return err
		}
		if err := dropDeliveries(ctx, tx, `host = $1 AND inbox = $2`, federation.IRI(inbox).Host(), inbox); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM deliveries WHERE host = $1 AND inbox = $2`, federation.IRI(inbox).Host(), inbox)
		return err
	})
	if err == nil {
		s.removeFilesSoon(ctx)
	}
	return err
}

// removeTraces removes all that these actors did here: followings, replies, reactions,
// what merchants were told of them, and the copies of their pictures.
func removeTraces(ctx context.Context, tx pgx.Tx, actors []int64) error {
	for _, sql := range []string{
		`DELETE FROM notifications WHERE actor_id = ANY($1)`,
		`DELETE FROM remote_media WHERE actor_id = ANY($1)`,
		`DELETE FROM foreign_posts WHERE actor IN (SELECT iri FROM remote_actors WHERE id = ANY($1))`,
		`DELETE FROM externals WHERE actor IN (SELECT iri FROM remote_actors WHERE id = ANY($1))`, // with the posts of others that it carried
		`DELETE FROM followers WHERE follower_id = ANY($1)`,
		`DELETE FROM quotes WHERE actor_id = ANY($1)`,
		`WITH gone AS (
			DELETE FROM replies WHERE actor_id = ANY($1) RETURNING post_id, public, state
		)` + countReplies(`SELECT post_id, -count(*) FROM gone WHERE post_id IS NOT NULL AND public AND state = 'shown' GROUP BY post_id ORDER BY post_id`),
		`WITH gone AS (
			DELETE FROM reactions WHERE actor_id = ANY($1) RETURNING post_id, kind
		)` + countReactions(`SELECT post_id, -count(*) FILTER (WHERE kind = 'like'), -count(*) FILTER (WHERE kind = 'share') FROM gone GROUP BY post_id ORDER BY post_id`),
	} {
		if _, err := tx.Exec(ctx, sql, actors); err != nil {
			return err
		}
	}
	return nil
}
