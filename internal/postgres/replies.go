package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

// AddReply implements town.InboxStore. A reply to an answer of ours stands in the answer's
// thread; one to a post that was withdrawn in the meantime is not kept.
func (s *Store) AddReply(ctx context.Context, in town.Received, r *town.Reply) error {
	if r.ID == uuid.Nil {
		id, err := uuid.NewV7()
		if err != nil {
			return fmt.Errorf("add reply: make an id: %w", err)
		}
		r.ID = id
	}
	attachments, err := marshalAttachments(r.Attachments)
	if err != nil {
		return fmt.Errorf("add reply: %w", err)
	}
	found, err := s.receive(ctx, "add reply", in, subject(in.Sender.ID, r.ObjectID), receivedWith(1, 2)+`
		thread AS (
			SELECT CASE WHEN kind = 'answer' THEN root_id ELSE id END AS post_id FROM posts WHERE id = $7 AND withdrawn_at IS NULL
		), reply AS (
			INSERT INTO replies (id, object_id, actor_id, merchant_id, post_id, in_reply_to, url, public, summary, content, language,
				attachments, published_at, updated_at, received_at, state, sensitive, mentions,
				collection, type, name)
			SELECT $3, $4, sender.id, $6, (SELECT post_id FROM thread), $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23
			  FROM gate, sender
			 WHERE NOT EXISTS (SELECT FROM remote_tombstones WHERE key = $5) AND $6 <> ALL (sender.blocked_by)
			   AND ($7::uuid IS NULL OR EXISTS (SELECT FROM thread))
			ON CONFLICT (object_id, actor_id) DO NOTHING
			RETURNING id, actor_id, merchant_id, post_id, public, state
		), counted AS (`+countReplies(`
			SELECT post_id, 1 FROM reply WHERE post_id IS NOT NULL AND public AND state = 'shown'`)+`
		), told AS (
			INSERT INTO notifications (merchant_id, kind, actor_id, post_id, reply_id)
			SELECT merchant_id, CASE WHEN NOT public THEN 'message' WHEN post_id IS NULL THEN 'mention' ELSE 'reply' END, actor_id, post_id, id
			  FROM reply
		)`+receivedEnd+`EXISTS (SELECT FROM reply)`,
		in.Key, string(in.Sender.ID), r.ID, string(r.ObjectID), objectKey(in.Sender.ID, r.ObjectID), r.Merchant, nullID(r.Post),
		zeronull.Text(r.InReplyTo), string(r.URL), r.Public, r.Summary, r.Content, r.Language, attachments, r.Published,
		zeronull.Timestamptz(r.Updated), s.receivedAt(r), string(r.State), r.Sensitive, notNil(r.Mentions),
		zeronull.Text(r.Replies), cut(typeOf(r), 100), cut(r.Name, 200))
	if found {
		s.changed()
	}
	return err
}

// typeOf is a reply's type; who does not say is taken to have written a Note.
func typeOf(r *town.Reply) string {
	if r.Type == "" {
		return "Note"
	}
	return r.Type
}

func (s *Store) receivedAt(r *town.Reply) time.Time {
	if r.Received.IsZero() {
		return s.now()
	}
	return r.Received
}

// objectKey is under what the deletion of an actor's object is remembered.
func objectKey(actor, object federation.IRI) uuid.UUID {
	return town.Key(string(actor), string(object))
}

func marshalAttachments(list []federation.Image) ([]byte, error) {
	if len(list) == 0 {
		return []byte("[]"), nil
	}
	return json.Marshal(list)
}

// EditReply implements town.InboxStore. An edit without a time counts from when it was received.
func (s *Store) EditReply(ctx context.Context, in town.Received, r *town.Reply) error {
	attachments, err := marshalAttachments(r.Attachments)
	if err != nil {
		return fmt.Errorf("edit reply: %w", err)
	}
	updated := r.Updated
	if updated.IsZero() {
		updated = s.receivedAt(r)
	}
	found, err := s.receive(ctx, "edit reply", in, subject(in.Sender.ID, r.ObjectID), receivedWith(1, 2)+`
		before AS (
			SELECT r.id, r.post_id, r.merchant_id, r.public, r.state, r.summary, r.content, r.language,
			       (r.summary, r.content, r.attachments::text, r.name) IS DISTINCT FROM ($4::text, $5::text, ($7::json)::text, $12::text) AS other
			  FROM gate, sender, replies r
			 WHERE r.object_id = $3 AND r.actor_id = sender.id AND coalesce(r.updated_at, r.published_at) < $8 FOR UPDATE OF r
		), edited AS (
			UPDATE replies r SET summary = $4, content = $5, language = $6, attachments = $7::json, updated_at = $8,
				sensitive = $10, mentions = $11, name = $12,
				state = CASE WHEN b.public AND b.state = 'shown' AND b.other
					AND ($9 OR coalesce(m.approve_replies, (SELECT approve_replies FROM town), false)) THEN 'waiting' ELSE b.state END
			  FROM before b JOIN merchants m ON m.id = b.merchant_id
			 WHERE r.id = b.id RETURNING r.id, r.post_id, r.state = 'waiting' AND b.state = 'shown' AS waits
		), kept AS (
			INSERT INTO reply_versions (reply_id, replaced_at, summary, content, language)
			SELECT b.id, $8, b.summary, b.content, b.language FROM before b
			 WHERE b.other AND (SELECT count(*) FROM reply_versions v WHERE v.reply_id = b.id) < $13
			ON CONFLICT DO NOTHING
		), dropped AS (
			DELETE FROM remote_media m USING edited e
			 WHERE m.reply_id = e.id AND NOT EXISTS (SELECT FROM json_array_elements($7::json) AS a WHERE a->>'URL' = m.url)
		), counted AS (`+countReplies(`
			SELECT post_id, -1 FROM edited WHERE post_id IS NOT NULL AND waits`)+`
		)`+receivedEnd+`EXISTS (SELECT FROM edited)`,
		in.Key, string(in.Sender.ID), string(r.ObjectID), r.Summary, r.Content, r.Language, attachments, updated,
		r.State == town.ReplyWaiting, r.Sensitive, notNil(r.Mentions), cut(r.Name, 200), versionsMax)
	if found {
		s.changed()
		s.removeFilesSoon(ctx)
	}
	return err
}

// DeleteObject implements town.InboxStore.
func (s *Store) DeleteObject(ctx context.Context, in town.Received, object federation.IRI) error {
	found, err := s.receive(ctx, "delete object", in, subject(in.Sender.ID, object), receivedWith(1, 2)+`
		tombstone AS (
			INSERT INTO remote_tombstones (key) SELECT $4 FROM gate ON CONFLICT DO NOTHING
		), gone AS (
			DELETE FROM replies r USING gate, sender WHERE r.object_id = $3 AND r.actor_id = sender.id
			RETURNING r.post_id, r.public, r.state
		), unquoted AS (
			DELETE FROM quotes q USING gate, sender WHERE q.object_id = $3 AND q.actor_id = sender.id RETURNING q.post_id, q.actor_id
		), untold AS (
			DELETE FROM notifications n USING unquoted u WHERE n.kind = 'quote' AND n.post_id = u.post_id AND n.actor_id = u.actor_id
		), counted AS (`+countReplies(`
			SELECT post_id, -1 FROM gone WHERE post_id IS NOT NULL AND public AND state = 'shown'`)+`
		)`+receivedEnd+`EXISTS (SELECT FROM gone) OR EXISTS (SELECT FROM unquoted)`,
		in.Key, string(in.Sender.ID), string(object), objectKey(in.Sender.ID, object))
	if found {
		s.changed()
		s.removeFilesSoon(ctx)
	}
	return err
}

// PostOf implements town.InboxStore. For an answer of ours post is the answer itself; what
// was withdrawn or hidden away by its writer is not found.
func (s *Store) PostOf(ctx context.Context, object federation.IRI) (post, merchant uuid.UUID, err error) {
	if id, ok := s.addresses.ID("posts", object); ok {
		err = s.pool.QueryRow(ctx, `SELECT id, merchant_id FROM posts WHERE id = $1 AND withdrawn_at IS NULL`, id).Scan(&post, &merchant)
		return post, merchant, mapped("find post", err)
	}
	if s.addresses.Local(object) {
		return uuid.Nil, uuid.Nil, fmt.Errorf("find post: %w", town.ErrNotFound)
	}
	err = s.pool.QueryRow(ctx, `
		SELECT post_id, merchant_id FROM replies WHERE object_id = $1 ORDER BY received_at LIMIT 1`,
		string(object)).Scan((*zeronull.UUID)(&post), &merchant)
	return post, merchant, mapped("find post", err)
}

// replyColumns are what scanReply reads, of replies r and remote_actors a.
const replyColumns = `r.id, r.object_id, r.merchant_id, r.post_id, r.in_reply_to, r.url, r.public, r.summary, r.content, r.language,
	r.attachments, r.sensitive, r.mentions, r.published_at, r.updated_at, r.received_at, r.state, r.type, r.name, a.iri, a.name, a.handle, a.url, a.host, a.id`

const replyTables = `replies r JOIN remote_actors a ON a.id = r.actor_id`

func scanReply(row pgx.CollectableRow) (*town.Reply, error) {
	var r town.Reply
	var attachments []byte
	err := row.Scan(&r.ID, &r.ObjectID, &r.Merchant, (*zeronull.UUID)(&r.Post), (*zeronull.Text)(&r.InReplyTo), &r.URL, &r.Public,
		&r.Summary, &r.Content, &r.Language, &attachments, &r.Sensitive, &r.Mentions, &r.Published, (*zeronull.Timestamptz)(&r.Updated), &r.Received, &r.State,
		&r.Type, &r.Name,
		&r.Actor.ID, &r.Actor.Name, &r.Actor.Handle, &r.Actor.URL, &r.Actor.Host, &r.Actor.Row)
	if err != nil {
		return nil, err
	}
	if string(attachments) != "[]" {
		if err := json.Unmarshal(attachments, &r.Attachments); err != nil {
			return nil, fmt.Errorf("read attachments: %w", err)
		}
	}
	return &r, nil
}

// Reply implements town.PostStore and town.MessageStore.
func (s *Store) Reply(ctx context.Context, id uuid.UUID) (*town.Reply, error) {
	rows, _ := s.pool.Query(ctx, `SELECT `+replyColumns+` FROM `+replyTables+` WHERE r.id = $1`, id)
	reply, err := pgx.CollectExactlyOneRow(rows, scanReply)
	return reply, mapped("read reply", err)
}

// SetReplyState implements town.MessageStore.
func (s *Store) SetReplyState(ctx context.Context, merchant, reply uuid.UUID, state town.ReplyState) error {
	err := s.inTx(ctx, "set reply state", func(tx pgx.Tx) error {
		var found bool
		err := tx.QueryRow(ctx, `
			WITH before AS (
				SELECT id, post_id, public, state FROM replies WHERE id = $1 AND merchant_id = $2 FOR UPDATE
			), after AS (
				UPDATE replies r SET state = $3 FROM before b WHERE r.id = b.id AND r.state <> $3
				RETURNING b.post_id, b.public, (r.state = 'shown')::int - (b.state = 'shown')::int AS change
			), counted AS (`+countReplies(`
				SELECT post_id, change FROM after WHERE post_id IS NOT NULL AND public AND change <> 0`)+`
			)
			SELECT EXISTS (SELECT FROM before)`, reply, merchant, string(state)).Scan(&found)
		if err != nil {
			return err
		}
		if !found {
			return town.ErrNotFound
		}
		return changedByPerson(ctx, tx)
	})
	if err == nil {
		s.changed()
	}
	return err
}

// ActorKind implements town.InboxStore.
func (s *Store) ActorKind(ctx context.Context, id uuid.UUID) (string, error) {
	a, err := s.addressee(ctx, id)
	if err == nil && a.deleted {
		return a.kind, fmt.Errorf("find actor: %w", town.ErrGone)
	}
	return a.kind, err
}

// ApprovesReplies implements town.InboxStore.
func (s *Store) ApprovesReplies(ctx context.Context, merchant uuid.UUID) (bool, error) {
	a, err := s.addressee(ctx, merchant)
	return a.approves, err
}

func nullID(id uuid.UUID) zeronull.UUID { return zeronull.UUID(id) }
