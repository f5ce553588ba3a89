package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"bourg/federation"
	"bourg/internal/jobs"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

var _ town.ThreadStore = (*Store)(nil)

// How much this server asks for on its own account in an hour, whatever it is led to.
const (
	lookupsAnHour     = 1000
	lookupHostsDomain = 50 // of one registered domain, of whose names there may be any number
)

// MayAsk implements town.ThreadStore.
func (s *Store) MayAsk(ctx context.Context, id federation.IRI, again time.Duration) (bool, error) {
	host := id.Host()
	var asked bool
	err := retry(ctx, "look up", func() error {
		err := s.pool.QueryRow(ctx, `
			INSERT INTO lookups AS l (key, host, domain, at)
			SELECT $1, $2, $3, $4::timestamptz
			 WHERE (SELECT count(*) FROM lookups WHERE at > $4::timestamptz - interval '1 hour') < $6
			   AND (SELECT count(DISTINCT host) FROM lookups WHERE domain = $3 AND host <> $2 AND at > $4::timestamptz - interval '1 hour') < $7
			ON CONFLICT (key) DO UPDATE SET at = excluded.at WHERE l.at < $5
			RETURNING true`,
			town.Key(string(id)), host, federation.RegisteredDomain(host), s.now(), s.now().Add(-again), lookupsAnHour, lookupHostsDomain).Scan(&asked)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return asked, err
}

// NotAsked implements town.ThreadStore.
func (s *Store) NotAsked(ctx context.Context, ids []federation.IRI) error {
	keys := make([]uuid.UUID, len(ids))
	for i, id := range ids {
		keys[i] = town.Key(string(id))
	}
	_, err := s.pool.Exec(ctx, `DELETE FROM lookups WHERE key = ANY($1)`, keys)
	return mapped("take a look-up back", err)
}

// NextCollection implements town.ThreadStore.
func (s *Store) NextCollection(ctx context.Context, post uuid.UUID, again time.Duration) (federation.IRI, error) {
	var collection federation.IRI
	err := s.pool.QueryRow(ctx, `
		UPDATE replies SET collection_read_at = $2 WHERE id = (
			SELECT id FROM replies
			 WHERE post_id = $1 AND collection IS NOT NULL AND public AND state = 'shown' AND collection_read_at < $3
			 ORDER BY collection_read_at, published_at LIMIT 1 FOR UPDATE SKIP LOCKED)
		RETURNING collection`, post, s.now(), s.now().Add(-again)).Scan(&collection)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return collection, mapped("find a collection of replies", err)
}

// JoinThread implements town.ThreadStore. What was told of as a mention is then told of as a
// reply, and the merchant's answers to it come along.
func (s *Store) JoinThread(ctx context.Context, post uuid.UUID) error {
	err := s.inTx(ctx, "join thread", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			WITH RECURSIVE thread AS (
				SELECT coalesce(root_id, id) AS id, merchant_id FROM posts WHERE id = $1 AND withdrawn_at IS NULL
			), placed AS (
				SELECT r.object_id FROM replies r, thread WHERE r.post_id = thread.id AND r.public
				UNION
				SELECT r.object_id FROM thread, placed p JOIN replies r ON r.in_reply_to = p.object_id
				 WHERE r.post_id IS NULL AND r.public AND r.merchant_id = thread.merchant_id
			), moved AS (
				UPDATE replies r SET post_id = thread.id FROM placed, thread
				 WHERE r.object_id = placed.object_id AND r.post_id IS NULL AND r.public AND r.merchant_id = thread.merchant_id
				RETURNING r.id, r.object_id, r.post_id, r.state
			), told AS (
				UPDATE notifications n SET kind = 'reply', post_id = moved.post_id FROM moved WHERE n.reply_id = moved.id AND n.kind = 'mention'
			), answers AS (
				UPDATE posts p SET root_id = moved.post_id FROM moved WHERE p.in_reply_to = moved.object_id AND p.root_id IS NULL AND p.kind = 'answer'
			)`+countReplies(`
				SELECT post_id, count(*) FROM moved WHERE state = 'shown' GROUP BY post_id`), post)
		return err
	})
	if err == nil {
		s.changed()
	}
	return err
}

// askAgainAfter is how long AskToFill takes a question for asked: a crowd below one post would else wait for each
// other at the one row of the job that waits.
const askAgainAfter = time.Second

// asked remembers questions for a moment.
type asked struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// lately tells whether the same was asked a moment ago, and remembers it where not.
func (a *asked) lately(what string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if at, found := a.last[what]; found && now.Sub(at) < askAgainAfter {
		return true
	}
	if len(a.last) >= 10_000 || a.last == nil {
		a.last = map[string]time.Time{}
	}
	a.last[what] = now
	return false
}

// AskToFill asks for what is missing around a reply (jobs.FillThread). While one such job waits for
// a thread, asking again changes nothing.
func (s *Store) AskToFill(ctx context.Context, f town.Fill) error {
	if f.Parent == "" && s.fills.lately(f.Subject(), time.Now()) {
		return nil
	}
	job := jobs.FillThread{Subject: f.Subject(), Reply: string(f.Reply), Parent: string(f.Parent), Budget: f.Budget}
	if f.Post != uuid.Nil {
		job.Post = f.Post.String()
	}
	for _, m := range f.Mentions {
		job.Mentions = append(job.Mentions, string(m))
	}
	if _, err := s.jobs.Insert(ctx, job, nil); err != nil {
		return fmt.Errorf("ask to fill thread: %w", err)
	}
	return nil
}
