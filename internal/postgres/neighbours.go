package postgres

import (
	"context"
	"encoding/json"
	"fmt"

	"bourg/federation"
	"bourg/internal/jobs"
	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

var _ town.NeighbourStore = (*Store)(nil)

const neighbourColumns = `domain, base, name, insee, lat, lon, radius_km, peering, legal, phone, town_actor, active, card_read_at,
	relay, relay_inbox, relay_outbox, outgoing, incoming, mode, wants, gives, their_wants, grants, follow_id, asked_at, asks,
	refusal, their_follow, they_asked_at, message, welcome_until, since, last_exchange, failing_since, reconciled_at,
	shops, towns, ended_at,
	software, speaks_peering,
	charter`

func scanNeighbour(row pgx.CollectableRow) (*town.Neighbour, error) {
	var n town.Neighbour
	var lat, lon *float64
	scopes := [4][]byte{}
	err := row.Scan(&n.Domain, &n.Base, &n.Name, &n.INSEE, &lat, &lon, &n.RadiusKm, &n.Peering, &n.Legal, &n.Phone, &n.Town, &n.Active,
		(*zeronull.Timestamptz)(&n.Read), &n.Relay.ID, &n.Relay.Inbox, &n.Relay.Outbox, &n.Outgoing, &n.Incoming, &n.Mode,
		&scopes[0], &scopes[1], &scopes[2], &scopes[3], (*zeronull.UUID)(&n.FollowID), (*zeronull.Timestamptz)(&n.Asked), &n.Asks,
		&n.Refusal, &n.TheirFollow, (*zeronull.Timestamptz)(&n.TheyAsked), &n.Message, (*zeronull.Timestamptz)(&n.Welcome),
		(*zeronull.Timestamptz)(&n.Since), (*zeronull.Timestamptz)(&n.LastExchange), (*zeronull.Timestamptz)(&n.Failing),
		(*zeronull.Timestamptz)(&n.Reconciled),
		&n.Shops, &n.Towns, (*zeronull.Timestamptz)(&n.Ended),
		&n.Software, &n.SpeaksPeering,
		&n.Charter)
	if err != nil {
		return nil, err
	}
	if lat != nil && lon != nil {
		n.Place = &town.Point{Lat: *lat, Lon: *lon}
	}
	for i, to := range []*town.Scope{&n.Wants, &n.Gives, &n.TheirWants, &n.Grants} {
		if err := json.Unmarshal(scopes[i], to); err != nil {
			return nil, fmt.Errorf("read scope: %w", err)
		}
	}
	return &n, nil
}

// Neighbour implements town.NeighbourStore.
func (s *Store) Neighbour(ctx context.Context, domain string) (*town.Neighbour, error) {
	return s.neighbourWhere(ctx, `domain = $1`, domain)
}

// NeighbourByRelay implements town.NeighbourStore.
func (s *Store) NeighbourByRelay(ctx context.Context, relay federation.IRI) (*town.Neighbour, error) {
	return s.neighbourWhere(ctx, `relay = $1 AND relay <> ''`, string(relay))
}

func (s *Store) neighbourWhere(ctx context.Context, condition string, args ...any) (*town.Neighbour, error) {
	rows, _ := s.pool.Query(ctx, `SELECT `+neighbourColumns+` FROM neighbours WHERE `+condition, args...)
	n, err := pgx.CollectExactlyOneRow(rows, scanNeighbour)
	return n, mapped("read neighbour", err)
}

// Neighbours implements town.NeighbourStore.
func (s *Store) Neighbours(ctx context.Context) ([]*town.Neighbour, error) {
	rows, _ := s.pool.Query(ctx, `SELECT `+neighbourColumns+` FROM neighbours ORDER BY domain LIMIT 2000`)
	list, err := pgx.CollectRows(rows, scanNeighbour)
	return list, mapped("list neighbours", err)
}

// ChangeNeighbour implements town.NeighbourStore.
func (s *Store) ChangeNeighbour(ctx context.Context, domain string, change func(*town.Neighbour) ([]town.Outgoing, error)) error {
	err := s.inTx(ctx, "change neighbour", func(tx pgx.Tx) error {
		if err := s.changeNeighbour(ctx, tx, domain, change); err != nil {
			return err
		}
		return changedByPerson(ctx, tx)
	})
	if err == nil {
		s.changed()
	}
	return err
}

// ReceiveFromNeighbour implements town.NeighbourStore.
func (s *Store) ReceiveFromNeighbour(ctx context.Context, in town.Received, domain string, change func(*town.Neighbour) ([]town.Outgoing, error)) error {
	return s.receiveInTx(ctx, "receive from neighbour", in, func(tx pgx.Tx, _ int64) error {
		var known, crowded bool
		err := tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM neighbours WHERE domain = $1), (SELECT count(*) FROM neighbours WHERE incoming = 'pending') >= $2`,
			domain, maxPending).Scan(&known, &crowded)
		if err != nil {
			return err
		}
		if !known && crowded {
			return federation.ErrIgnored
		}
		return s.changeNeighbour(ctx, tx, domain, change)
	})
}

// maxPending is how many towns may wait for an answer: what a person can look through. Strangers could fill the table else.
const maxPending = 500

// changeNeighbour locks the row of a neighbour, which it makes where there is none, and writes back what change
// makes of it, together with the activities that change returns.
func (s *Store) changeNeighbour(ctx context.Context, tx pgx.Tx, domain string, change func(*town.Neighbour) ([]town.Outgoing, error)) error {
	_, err := tx.Exec(ctx, `INSERT INTO neighbours (domain, base) VALUES ($1, 'https://' || $1) ON CONFLICT DO NOTHING`, domain)
	if err != nil {
		return err
	}
	rows, _ := tx.Query(ctx, `SELECT `+neighbourColumns+` FROM neighbours WHERE domain = $1 FOR UPDATE`, domain)
	n, err := pgx.CollectExactlyOneRow(rows, scanNeighbour)
	if err != nil {
		return err
	}
	before, compared := n.Outgoing+n.Incoming, !n.Reconciled.IsZero()
	out, err := change(n)
	if err != nil {
		return err
	}
	if err := writeNeighbour(ctx, tx, n); err != nil {
		return err
	}
	// Who asks is visited, so that the town hall sees who that is; who begins to send, or sends by other terms, for what there is already.
	changed := before != n.Outgoing+n.Incoming || (compared && n.Reconciled.IsZero())
	if changed && n.Relay.ID != "" && (n.Incoming == town.StandingPending || n.Outgoing == town.StandingAccepted) {
		standing := fmt.Sprint(n.Outgoing, " ", n.FollowID, " ", n.Incoming, " ", n.TheirFollow)
		if _, err := s.jobs.InsertTx(ctx, tx, jobs.VisitNeighbour{Domain: domain, Standing: standing}, nil); err != nil {
			return err
		}
	}
	for _, o := range out {
		if err := s.addOutgoing(ctx, tx, o); err != nil {
			return err
		}
	}
	return nil
}

func writeNeighbour(ctx context.Context, tx pgx.Tx, n *town.Neighbour) error {
	var lat, lon *float64
	if n.Place != nil {
		lat, lon = &n.Place.Lat, &n.Place.Lon
	}
	scopes := [4][]byte{}
	for i, scope := range []town.Scope{n.Wants, n.Gives, n.TheirWants, n.Grants} {
		var err error
		if scopes[i], err = json.Marshal(scope); err != nil {
			return fmt.Errorf("write scope: %w", err)
		}
	}
	insee := n.INSEE
	if insee == nil {
		insee = []string{}
	}
	_, err := tx.Exec(ctx, `
		UPDATE neighbours SET base = $2, name = $3, insee = $4, lat = $5, lon = $6, radius_km = $7, peering = $8, legal = $9, phone = $10,
		       town_actor = $11, active = $12, card_read_at = $13, relay = $14, relay_inbox = $15, relay_outbox = $16,
		       outgoing = $17, incoming = $18, mode = $19, wants = $20, gives = $21, their_wants = $22, grants = $23, follow_id = $24,
		       asked_at = $25, asks = $26, refusal = $27, their_follow = $28, they_asked_at = $29, message = $30, welcome_until = $31,
		       since = $32, last_exchange = $33, failing_since = $34, reconciled_at = $35,
		       shops = $36, towns = $37, ended_at = $38,
		       software = $39, speaks_peering = $40,
		       charter = $41
		 WHERE domain = $1`,
		n.Domain, n.Base, n.Name, insee, lat, lon, n.RadiusKm, n.Peering, string(n.Legal), n.Phone, string(n.Town), string(n.Active),
		zeronull.Timestamptz(n.Read), string(n.Relay.ID), string(n.Relay.Inbox), string(n.Relay.Outbox),
		string(n.Outgoing), string(n.Incoming), string(n.Mode), scopes[0], scopes[1], scopes[2], scopes[3], nullID(n.FollowID),
		zeronull.Timestamptz(n.Asked), n.Asks, n.Refusal, string(n.TheirFollow), zeronull.Timestamptz(n.TheyAsked), n.Message,
		zeronull.Timestamptz(n.Welcome), zeronull.Timestamptz(n.Since), zeronull.Timestamptz(n.LastExchange),
		zeronull.Timestamptz(n.Failing), zeronull.Timestamptz(n.Reconciled),
		n.Shops, string(n.Towns), zeronull.Timestamptz(n.Ended),
		n.Software, n.SpeaksPeering,
		string(n.Charter))
	return err
}

// AskToVisit implements town.ActiveStore.
func (s *Store) AskToVisit(ctx context.Context, domain string) error {
	_, err := s.jobs.Insert(ctx, jobs.VisitNeighbour{Domain: domain}, nil)
	if err != nil {
		return fmt.Errorf("ask to visit neighbour: %w", err)
	}
	return nil
}
