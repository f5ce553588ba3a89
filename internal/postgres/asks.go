package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"bourg/federation"
	"bourg/internal/jobs"
	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
)

// asksMax is how many questions to peers may wait before activities that would add one are passed over.
const asksMax = 500

// AskForObject implements town.InboxStore: a row for whoever works on the queue (jobs.ReadObject).
func (s *Store) AskForObject(ctx context.Context, in town.Received, object federation.IRI, fetches int) error {
	return s.receiveInTx(ctx, "ask for object", in, func(tx pgx.Tx, _ int64) error {
		return s.ask(ctx, tx, jobs.ReadObject{ID: string(object), Fetches: fetches})
	})
}

// AskForMove implements town.InboxStore (jobs.FollowMove).
func (s *Store) AskForMove(ctx context.Context, in town.Received, target federation.IRI) error {
	return s.receiveInTx(ctx, "ask for move", in, func(tx pgx.Tx, sender int64) error {
		var follows bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM followers WHERE follower_id = $1 AND ended_at IS NULL)`, sender).Scan(&follows)
		if err != nil {
			return err
		}
		if !follows {
			return federation.ErrIgnored
		}
		return s.ask(ctx, tx, jobs.FollowMove{From: string(in.Sender.ID), To: string(target)})
	})
}

// ask inserts a question to a peer, unless too many wait.
func (s *Store) ask(ctx context.Context, tx pgx.Tx, question jobs.Question) error {
	var waiting int
	err := tx.QueryRow(ctx, `
		SELECT count(*) FROM (SELECT FROM river_job WHERE state = 'available' AND queue = 'peers' LIMIT $1) w`, asksMax).Scan(&waiting)
	if err != nil {
		return err
	}
	if waiting == asksMax {
		return federation.ErrIgnored
	}
	if _, err := s.jobs.InsertTx(ctx, tx, question, nil); err != nil {
		return fmt.Errorf("ask a peer: %w", err)
	}
	return nil
}

// FinishMove ends the followings of an actor who has moved, once the target has said that it is the same person. The new
// one follows by itself, so nobody is counted twice and nobody follows without asking.
func (s *Store) FinishMove(ctx context.Context, from federation.IRI) error {
	err := s.inTx(ctx, "finish move", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			WITH ended AS (
				UPDATE followers f SET ended_at = now() FROM remote_actors a
				 WHERE a.iri = $1 AND f.follower_id = a.id AND f.ended_at IS NULL RETURNING f.actor_id, f.follower_id
			)
			DELETE FROM notifications n USING ended e WHERE n.actor_id = e.follower_id AND n.merchant_id = e.actor_id AND n.kind = 'follow'`,
			string(from))
		return err
	})
	if err == nil {
		s.changed()
	}
	return err
}

// Respond implements town.InboxStore.
func (s *Store) Respond(ctx context.Context, in town.Received, answer town.Outgoing) error {
	return s.receiveInTx(ctx, "respond", in, func(tx pgx.Tx, _ int64) error { return s.addOutgoing(ctx, tx, answer) })
}

// WriterOf implements town.InboxStore.
func (s *Store) WriterOf(ctx context.Context, object federation.IRI) (*federation.Actor, error) {
	var document []byte
	err := s.pool.QueryRow(ctx, `
		SELECT a.document FROM remote_actors a WHERE a.deleted_at IS NULL AND a.id IN (
			SELECT actor_id FROM replies WHERE object_id = $1 UNION ALL SELECT actor_id FROM quotes WHERE object_id = $1) LIMIT 1`,
		string(object)).Scan(&document)
	if err != nil {
		return nil, mapped("find writer", err)
	}
	var actor federation.Actor
	if err := json.Unmarshal(document, &actor); err != nil {
		return nil, fmt.Errorf("find writer: %w", err)
	}
	return &actor, nil
}
