package postgres

import (
	"context"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

var _ town.ConsoleStore = (*Store)(nil)

// townDay is the date on the town's clock.
const townDay = `(now() AT TIME ZONE coalesce((SELECT time_zone FROM town), 'Europe/Paris'))::date`

// came counts a piece of news of a neighbour.
func came(ctx context.Context, tx pgx.Tx, domain string) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO neighbour_days AS n (domain, day, came) VALUES ($1, `+townDay+`, 1)
		ON CONFLICT (domain, day) DO UPDATE SET came = n.came + 1`, domain)
	return err
}

// trafficSQL reads at most what two thousand neighbours exchange in a week.
const trafficSQL = `SELECT domain, day, came, sent, sent_at FROM neighbour_days WHERE day >= $1 ORDER BY day, domain LIMIT 14000`

// Traffic implements town.ConsoleStore.
func (s *Store) Traffic(ctx context.Context, since time.Time) ([]town.NeighbourDay, error) {
	rows, _ := s.pool.Query(ctx, trafficSQL, since)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (town.NeighbourDay, error) {
		var d town.NeighbourDay
		err := row.Scan(&d.Domain, &d.Day, &d.Came, &d.Sent, (*zeronull.Timestamptz)(&d.SentAt))
		return d, err
	})
	return list, mapped("count what was exchanged", err)
}

// foreignMerchantsSQL takes the merchants of whom posts are kept together with those about whom something was decided.
const foreignMerchantsSQL = `
	WITH known AS (
		SELECT actor, count(*) AS posts, max(published_at) AS last FROM foreign_posts WHERE domain = $1 AND actor > $2 GROUP BY actor
		UNION ALL
		SELECT actor, 0, NULL FROM foreign_merchants WHERE domain = $1 AND actor > $2
	)
	SELECT k.actor, coalesce(max(a.name), ''), coalesce(max(a.handle), ''), coalesce(max(a.url), ''), coalesce(max(a.host), ''),
	       max(n.domain), max(n.name), coalesce(max(d.decision), ''), sum(k.posts)::int, max(k.last)
	  FROM known k JOIN neighbours n ON n.domain = $1 LEFT JOIN remote_actors a ON a.iri = k.actor LEFT JOIN foreign_merchants d ON d.actor = k.actor
	 GROUP BY k.actor ORDER BY k.actor LIMIT $3`

// ForeignMerchants implements town.ConsoleStore.
func (s *Store) ForeignMerchants(ctx context.Context, domain string, after federation.IRI, n int) ([]town.ForeignMerchant, error) {
	rows, _ := s.pool.Query(ctx, foreignMerchantsSQL, domain, string(after), n)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (town.ForeignMerchant, error) {
		var m town.ForeignMerchant
		err := row.Scan(&m.Actor.ID, &m.Actor.Name, &m.Actor.Handle, &m.Actor.URL, &m.Actor.Host, &m.Domain, &m.Town, &m.Decision, &m.Posts,
			(*zeronull.Timestamptz)(&m.Last))
		return m, err
	})
	return list, mapped("list merchants of a neighbour", err)
}

// waitingMerchantsSQL gives the newest post of each.
const waitingMerchantsSQL = `
	SELECT DISTINCT ON (f.actor) ` + foreignColumns + `
	  FROM ` + foreignTables + `
	 WHERE n.mode = 'review' AND n.outgoing = 'accepted' AND ` + writerLives + `
	   AND NOT EXISTS (SELECT FROM foreign_merchants d WHERE d.actor = f.actor)
	 ORDER BY f.actor, f.published_at DESC LIMIT $1`

// WaitingMerchants implements town.ConsoleStore.
func (s *Store) WaitingMerchants(ctx context.Context, n int) ([]town.ForeignMerchant, error) {
	rows, _ := s.pool.Query(ctx, waitingMerchantsSQL, n)
	posts, err := pgx.CollectRows(rows, scanForeign)
	var list []town.ForeignMerchant
	for _, p := range posts {
		list = append(list, town.ForeignMerchant{Actor: p.Actor, Domain: p.Domain, Town: p.Town, Posts: 1, Last: p.Published, Sample: p})
	}
	return list, mapped("list merchants that wait", err)
}

// DecideMerchant implements town.ConsoleStore.
func (s *Store) DecideMerchant(ctx context.Context, actor federation.IRI, domain string, decision town.Decision, at time.Time) error {
	err := s.inTx(ctx, "decide about a merchant", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO foreign_merchants (actor, domain, decision, decided_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (actor) DO UPDATE SET decision = excluded.decision, domain = excluded.domain, decided_at = excluded.decided_at`,
			string(actor), domain, string(decision), at)
		if err != nil {
			return err
		}
		if decision == town.DecisionBlocked {
			if _, err := tx.Exec(ctx, `DELETE FROM foreign_posts WHERE actor = $1`, string(actor)); err != nil {
				return err
			}
		}
		return changedByPerson(ctx, tx)
	})
	if err == nil {
		s.changed()
	}
	return err
}

// KeepHints implements town.ConsoleStore.
func (s *Store) KeepHints(ctx context.Context, source string, hints []town.Hint) error {
	domains, bases, names := make([]string, len(hints)), make([]string, len(hints)), make([]string, len(hints))
	lats, lons := make([]float64, len(hints)), make([]float64, len(hints))
	for i, h := range hints {
		domains[i], bases[i], names[i], lats[i], lons[i] = h.Domain, h.Base, h.Name, h.Place.Lat, h.Place.Lon
	}
	return s.inTx(ctx, "keep what a neighbour tells", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM neighbour_hints WHERE source = $1 AND domain <> ALL ($2)`, source, domains); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO neighbour_hints (source, domain, base, name, lat, lon)
			SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[])
			ON CONFLICT (source, domain) DO UPDATE SET base = excluded.base, name = excluded.name, lat = excluded.lat, lon = excluded.lon`,
			source, domains, bases, names, lats, lons)
		return err
	})
}

// Hints implements town.ConsoleStore. It reads at most forty of a teller's towns: eight are shown.
func (s *Store) Hints(ctx context.Context) (map[string][]town.Hint, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT h.source, h.domain, h.base, h.name, h.lat, h.lon
		  FROM neighbours n CROSS JOIN LATERAL (
			SELECT h.* FROM neighbour_hints h CROSS JOIN town t
			 WHERE h.source = n.domain AND h.domain <> $1
			   AND NOT EXISTS (SELECT FROM neighbours k WHERE k.domain = h.domain)
			 ORDER BY (h.lat - t.lat) ^ 2 + ((h.lon - t.lon) * cos(radians(t.lat))) ^ 2, h.domain LIMIT 40
		  ) h
		 WHERE (n.outgoing = 'accepted' OR n.incoming = 'accepted') AND n.mode <> 'blocked'
		 ORDER BY h.source, h.domain`, s.host)
	defer rows.Close()
	blocked := map[string]bool{}
	all := map[string][]town.Hint{}
	var domains []string
	for rows.Next() {
		var source string
		var h town.Hint
		if err := rows.Scan(&source, &h.Domain, &h.Base, &h.Name, &h.Place.Lat, &h.Place.Lon); err != nil {
			return nil, mapped("read what neighbours tell", err)
		}
		all[source], domains = append(all[source], h), append(domains, domainsOf(h.Domain)...)
	}
	if err := rows.Err(); err != nil {
		return nil, mapped("read what neighbours tell", err)
	}
	if len(domains) == 0 {
		return all, nil
	}
	found, _ := s.pool.Query(ctx, `SELECT domain FROM blocked_domains WHERE domain = ANY ($1)`, domains)
	names, err := pgx.CollectRows(found, pgx.RowTo[string])
	for _, name := range names {
		blocked[name] = true
	}
	for source, hints := range all {
		kept := hints[:0]
		for _, h := range hints {
			if !anyOf(blocked, domainsOf(h.Domain)) {
				kept = append(kept, h)
			}
		}
		all[source] = kept
	}
	return all, mapped("read blocked domains", err)
}

func anyOf(set map[string]bool, names []string) bool {
	for _, name := range names {
		if set[name] {
			return true
		}
	}
	return false
}

// TellOfRequest implements town.ConsoleStore.
func (s *Store) TellOfRequest(ctx context.Context, domain string, data map[string]string, now time.Time) error {
	return s.inTx(ctx, "tell of a request", func(tx pgx.Tx) error {
		var recent bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM neighbours WHERE told_at > $1)`, now.Add(-reportMails)).Scan(&recent)
		if err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			UPDATE neighbours SET told_at = $2 WHERE domain = $1 AND incoming = 'pending' AND (told_at IS NULL OR told_at < $3)`,
			domain, now, now.Add(-town.AskExpires))
		if err != nil || tag.RowsAffected() == 0 || recent {
			return err
		}
		return s.mailTownHall(ctx, tx, "neighbour", data)
	})
}

// latestPosts walks the index of the feed; what is for the town alone is passed over.
const latestPosts = inFeed + ` AND a.deleted_at IS NULL AND p.reach <> 'town' AND p.leaves_at <= $1 AND p.published_at <= $1
	ORDER BY p.published_at DESC, p.id DESC LIMIT $2`

// LatestPosts implements town.ConsoleStore.
func (s *Store) LatestPosts(ctx context.Context, now time.Time, n int) ([]*town.Post, error) {
	rows, _ := s.pool.Query(ctx, selectPosts+latestPosts, now, n)
	list, err := pgx.CollectRows(rows, scanPost)
	return list, mapped("list the newest posts", err)
}
