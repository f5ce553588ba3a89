package postgres

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
)

var (
	_ town.ModerationStore = (*Store)(nil)
	_ federation.Gate      = (*Store)(nil)
)

// blockLife is how old the list of blocks may be by which a host is let in.
const blockLife = time.Second

// blockList is the list of blocked domains as it was read last.
type blockList struct {
	mu      sync.Mutex
	domains map[string]bool
	read    time.Time
}

// Allowed answers federation.ErrBlocked for a blocked host. The list behind it is a
// second old at most; blocks that this process made count at once. Where the list
// cannot be read nobody is let in.
func (s *Store) Allowed(ctx context.Context, host string) error {
	b := &s.blocks
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.domains == nil || time.Since(b.read) > blockLife {
		rows, _ := s.pool.Query(ctx, `SELECT domain FROM blocked_domains`)
		list, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return fmt.Errorf("read blocked domains: %w", err)
		}
		b.domains = make(map[string]bool, len(list))
		for _, d := range list {
			b.domains[d] = true
		}
		b.read = time.Now()
	}
	if covered(b.domains, host) {
		return federation.ErrBlocked
	}
	return nil
}

// forget makes the next question read the list again.
func (b *blockList) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.domains = nil
}

// covered tells whether the domains name the host: itself, a domain above it, or, where
// the host has a port, either of these without the port.
func covered(domains map[string]bool, host string) bool {
	if len(domains) == 0 {
		return false
	}
	for _, d := range domainsOf(host) {
		if domains[d] {
			return true
		}
	}
	return false
}

// domainsOf lists the domains whose block covers a host: "a.b.fr:8443" is covered by
// itself, "a.b.fr", "b.fr" and "fr". An IP address has no domain above it.
func domainsOf(host string) []string {
	list := []string{host}
	name := host
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		name = host[:i]
		list = append(list, name)
	}
	if last := name[strings.LastIndexByte(name, '.')+1:]; strings.HasPrefix(name, "[") || strings.Trim(last, "0123456789") == "" {
		return list
	}
	for {
		_, above, found := strings.Cut(name, ".")
		if !found {
			return list
		}
		list = append(list, above)
		name = above
	}
}

// BlockDomain implements town.ModerationStore. What peers of the domain did is removed
// with the block itself; their actors stay as rows that may do nothing, which also holds
// for what other processes are receiving at this moment.
func (s *Store) BlockDomain(ctx context.Context, domain, reason string, at time.Time) error {
	domain, err := canonicalDomain(domain)
	if err != nil {
		return err
	}
	return s.block(ctx, "block domain", map[string]bool{domain: true}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO blocked_domains (domain, reason, blocked_at) VALUES ($1, $2, $3)
			ON CONFLICT (domain) DO UPDATE SET reason = excluded.reason`, domain, reason, at)
		return err
	})
}

// BlockDomains implements town.ModerationStore.
func (s *Store) BlockDomains(ctx context.Context, list []town.BlockedDomain, at time.Time) error {
	domains, names, reasons := map[string]bool{}, []string{}, []string{}
	for _, one := range list {
		domain, err := canonicalDomain(one.Domain)
		if err != nil {
			return err
		}
		if !domains[domain] {
			domains[domain], names, reasons = true, append(names, domain), append(reasons, one.Reason)
		}
	}
	return s.block(ctx, "block domains", domains, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO blocked_domains (domain, reason, blocked_at) SELECT d.domain, d.reason, $3 FROM unnest($1::text[], $2::text[]) AS d(domain, reason)
			ON CONFLICT DO NOTHING`, names, reasons, at)
		return err
	})
}

// block silences all that the domains cover, together with what insert writes of them.
func (s *Store) block(ctx context.Context, doing string, domains map[string]bool, insert func(tx pgx.Tx) error) error {
	err := s.inTx(ctx, doing, func(tx pgx.Tx) error {
		// An actor that is being stored at this moment, by somebody who has not seen the block, would stay outside it
		// for good: those end first, and later ones see the block. Activities of known actors are not held up.
		if _, err := tx.Exec(ctx, `LOCK TABLE remote_actors IN SHARE MODE`); err != nil {
			return err
		}
		if err := insert(tx); err != nil {
			return err
		}
		hosts, err := hostsCovered(ctx, tx, domains)
		if err != nil {
			return err
		}
		if err := silence(ctx, tx, hosts); err != nil {
			return err
		}
		if err := dropJobs(ctx, tx, domains); err != nil {
			return err
		}
		return changedByPerson(ctx, tx)
	})
	s.blocks.forget()
	s.changed()
	if err == nil {
		s.removeFilesSoon(ctx)
	}
	return err
}

// silence removes what the actors of these hosts did and what was copied from there, and ends the deliveries and
// look-ups to them. Nothing else may name them: who adds a table that can says here what becomes of it.
func silence(ctx context.Context, tx pgx.Tx, hosts []string) error {
	rows, _ := tx.Query(ctx, `
		SELECT id FROM remote_actors WHERE host = ANY($1) OR delivery_host = ANY($1) ORDER BY id FOR UPDATE`, hosts)
	actors, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE remote_actors SET blocked = true WHERE id = ANY($1)`, actors); err != nil {
		return err
	}
	if err := removeTraces(ctx, tx, actors); err != nil {
		return err
	}
	// What a server reported is a record of the town hall's; of one that is blocked, only what was decided stays.
	if _, err := tx.Exec(ctx, `DELETE FROM reports WHERE actor_id = ANY($1) AND decided_at IS NULL`, actors); err != nil {
		return err
	}
	// A delivery that is being inserted at this moment finds its host paused for good.
	_, err = tx.Exec(ctx, `
		INSERT INTO hosts (host, paused_until) SELECT unnest($1::text[]), 'infinity'
		ON CONFLICT (host) DO UPDATE SET paused_until = 'infinity'`, hosts)
	if err != nil {
		return err
	}
	if err := dropDeliveries(ctx, tx, `host = ANY($1)`, hosts); err != nil {
		return err
	}
	for _, sql := range []string{
		`DELETE FROM deliveries WHERE host = ANY($1)`, // those that were given up
		`DELETE FROM remote_media WHERE host = ANY($1)`,
		`DELETE FROM foreign_media WHERE host = ANY($1)`,
		`DELETE FROM lookups WHERE host = ANY($1)`,
		`DELETE FROM neighbours WHERE domain = ANY($1)`, // with the news that came from there
		`DELETE FROM externals WHERE host = ANY($1)`,    // the same
		`DELETE FROM neighbour_days WHERE domain = ANY($1)`,
		`DELETE FROM neighbour_hints WHERE domain = ANY($1)`,
	} {
		if _, err := tx.Exec(ctx, sql, hosts); err != nil {
			return err
		}
	}
	return nil
}

// addressed finds the hosts in a job's arguments.
var addressed = regexp.MustCompile(`https?://[^/"?#\\]+`)

// dropJobs removes the jobs that are still to be done and name a host that the domains cover. One that is being
// done finds its host blocked.
func dropJobs(ctx context.Context, tx pgx.Tx, domains map[string]bool) error {
	rows, _ := tx.Query(ctx, `
		SELECT id, args::text FROM river_job WHERE state IN ('available', 'pending', 'retryable', 'scheduled') AND kind <> 'mail'
		   FOR UPDATE SKIP LOCKED`)
	var drop []int64
	var id int64
	var args string
	_, err := pgx.ForEachRow(rows, []any{&id, &args}, func() error {
		for _, address := range addressed.FindAllString(args, -1) {
			if covered(domains, federation.IRI(address).Host()) {
				drop = append(drop, id)
				return nil
			}
		}
		return nil
	})
	if err != nil || len(drop) == 0 {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM river_job WHERE id = ANY($1)`, drop)
	return err
}

// UnblockDomain implements town.ModerationStore. What the block has removed does not
// come back; the domain's actors may speak again unless another block covers them.
func (s *Store) UnblockDomain(ctx context.Context, domain string) error {
	domain, err := canonicalDomain(domain)
	if err != nil {
		return err
	}
	err = s.inTx(ctx, "unblock domain", func(tx pgx.Tx) error {
		if err := mustAffect(tx.Exec(ctx, `DELETE FROM blocked_domains WHERE domain = $1`, domain)); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, `SELECT domain FROM blocked_domains`)
		rest, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		still := make(map[string]bool, len(rest))
		for _, d := range rest {
			still[d] = true
		}
		hosts, err := hostsCovered(ctx, tx, still)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE remote_actors SET blocked = false
			 WHERE blocked AND host <> ALL($1) AND delivery_host <> ALL($1)`, hosts)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE hosts SET paused_until = '-infinity'
			 WHERE paused_until = 'infinity' AND host <> ALL($1)`, hosts)
		if err != nil {
			return err
		}
		return changedByPerson(ctx, tx)
	})
	s.blocks.forget()
	s.changed()
	return err
}

// BlockedDomains implements town.ModerationStore.
func (s *Store) BlockedDomains(ctx context.Context) ([]town.BlockedDomain, error) {
	rows, _ := s.pool.Query(ctx, `SELECT domain, reason, blocked_at FROM blocked_domains ORDER BY domain`)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[town.BlockedDomain])
	return list, mapped("list blocked domains", err)
}

// hostsCovered returns the known hosts that the domains cover. One function decides what
// a block covers, so all hosts are looked at; blocking is rare.
func hostsCovered(ctx context.Context, tx pgx.Tx, domains map[string]bool) ([]string, error) {
	rows, _ := tx.Query(ctx, `
		SELECT host FROM remote_actors UNION SELECT delivery_host FROM remote_actors
		UNION SELECT host FROM deliveries UNION SELECT host FROM hosts
		UNION SELECT host FROM remote_media UNION SELECT host FROM foreign_media UNION SELECT host FROM lookups UNION SELECT domain FROM neighbours UNION SELECT host FROM externals ORDER BY 1`)
	hosts, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	kept := make([]string, 0, len(hosts))
	for _, h := range hosts {
		if covered(domains, h) {
			kept = append(kept, h)
		}
	}
	return kept, nil
}

// canonicalDomain brings a domain into the one spelling in which hosts are compared.
func canonicalDomain(domain string) (string, error) {
	host := federation.CanonicalHost("https", domain)
	if host == "" {
		return "", town.Invalid{"domain": "domain.wrong"}
	}
	return host, nil
}
