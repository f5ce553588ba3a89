package postgres

import (
	"context"
	"fmt"
	"strings"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

// outgoing inserts an activity with its deliveries, as parts of a larger WITH whose part
// "gate" has one row where the activity is to be written and none where not. It takes the
// parameters $1 to $16, see outgoingArgs.
//
// What is about an object is looked up activity by activity (OFFSET 0 keeps the planner from
// turning that round), because a plan that was made while the queue was empty stays for a while.
//
// A delivery names the one before it about the same object to the same inbox, else the one that announces new keys
// of the actor there: what waits already waits for that one (see announceFirst). For that
// to be right, whoever writes two activities about one object does it under a lock that
// an earlier statement of the same transaction took (the post's row, the merchant's).
const outgoing = `
	addresses AS (
		SELECT r.delivery_inbox AS inbox, r.delivery_host AS host
		  FROM followers f JOIN remote_actors r ON r.id = f.follower_id
		 WHERE $9::boolean AND f.actor_id = $2 AND (f.ended_at IS NULL OR f.ended_at >= $10::timestamptz)
		   AND r.deleted_at IS NULL AND NOT r.blocked
		UNION
		SELECT r.delivery_inbox, r.delivery_host FROM remote_actors r
		 WHERE r.iri = ANY($11::text[]) AND r.deleted_at IS NULL AND NOT r.blocked
		UNION
		SELECT inbox, host FROM unnest($12::text[], $13::text[], $16::text[]) AS i(inbox, host, domains)
		 WHERE NOT EXISTS (SELECT FROM blocked_domains b WHERE b.domain = ANY (string_to_array(i.domains, ' ')))
		UNION
		SELECT d.inbox, d.host FROM activities a CROSS JOIN LATERAL (
			SELECT inbox, host FROM deliveries WHERE activity_id = a.id AND state = 'waiting' OFFSET 0
		) d WHERE a.object_id = $14
		UNION
		SELECT r.delivery_inbox, r.delivery_host
		  FROM activities a JOIN groups g ON g.id = a.actor_id
		  JOIN followers f ON f.actor_id = g.id AND (f.ended_at IS NULL OR f.ended_at >= $10) JOIN remote_actors r ON r.id = f.follower_id
		 WHERE a.object_id = $14 AND a.type = 'Announce' AND $3 IN ('Update', 'Delete') AND r.deleted_at IS NULL AND NOT r.blocked
	), inboxes AS (
		SELECT inbox, host FROM addresses WHERE host <> $15 AND host <> ''
	), earlier AS (
		SELECT d.inbox, coalesce(max(d.id) FILTER (WHERE a.same), max(d.id)) AS id FROM (
			SELECT id, true AS same FROM activities WHERE object_id = $4
			UNION ALL SELECT id, false FROM activities WHERE actor_id = $2 AND former_keys
		) a CROSS JOIN LATERAL (
			SELECT id, inbox FROM deliveries WHERE activity_id = a.id AND state = 'waiting' OFFSET 0
		) d GROUP BY d.inbox
	), activity AS (
		INSERT INTO activities (id, actor_id, type, object_id, json, public, listed, leaves_at, followers, recipients)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, (SELECT count(*) FROM inboxes) FROM gate
	), queued AS (
		INSERT INTO deliveries (activity_id, inbox, host, after, next_try)
		SELECT $1, inboxes.inbox, inboxes.host, earlier.id, $8
		  FROM gate CROSS JOIN inboxes LEFT JOIN earlier USING (inbox)
	)`

// outgoingArgs makes the sixteen arguments of outgoing.
func (s *Store) outgoingArgs(out town.Outgoing) []any {
	inboxes, hosts, domains := strs(out.To.Inboxes), make([]string, len(out.To.Inboxes)), make([]string, len(out.To.Inboxes))
	for i, inbox := range out.To.Inboxes {
		hosts[i] = inbox.Host()
		domains[i] = strings.Join(domainsOf(hosts[i]), " ")
	}
	return []any{
		out.ID, out.Actor, out.Type, string(out.Object), out.JSON, out.Public, out.Listed, out.Leaves,
		out.To.Followers, zeronull.Timestamptz(out.To.Since), strs(out.To.Actors), inboxes, hosts,
		zeronull.Text(out.To.Earlier), s.host, domains,
	}
}

// addOutgoing writes an activity to the outbox with one delivery for each distinct inbox,
// never to a blocked domain and never to ourselves, with what goes with it, and wakes those who listen for deliveries.
// The announcement of a group is written where there is room for it.
func (s *Store) addOutgoing(ctx context.Context, tx db, out town.Outgoing) error {
	if out.Announcement != nil {
		if room, err := s.takeRoom(ctx, tx, out); err != nil || !room {
			return err
		}
	}
	_, err := tx.Exec(ctx, `WITH gate AS (SELECT), `+outgoing+` SELECT pg_notify('bourg_deliveries', '')`, s.outgoingArgs(out)...)
	if err != nil {
		return fmt.Errorf("add activity: %w", err)
	}
	for _, also := range out.Also {
		if err := s.addOutgoing(ctx, tx, also); err != nil {
			return err
		}
	}
	return nil
}

func strs(iris []federation.IRI) []string {
	out := make([]string, len(iris))
	for i, iri := range iris {
		out[i] = string(iri)
	}
	return out
}
