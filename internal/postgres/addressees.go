package postgres

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
)

// addressee is what the inbox wants to know of a local actor to whom something is sent.
type addressee struct {
	kind     string
	deleted  bool
	approves bool // public replies wait
	read     time.Time
}

const (
	addresseeLife = time.Second
	addresseesMax = 10_000
)

// merchantCache spares the inbox two questions an activity about actors that hardly ever
// change. An answer is a second old at most; changes made by this process count at once.
type merchantCache struct {
	mu        sync.Mutex
	rows      map[uuid.UUID]addressee
	forgotten int // how often: what was read before is not kept after
}

func (s *Store) addressee(ctx context.Context, id uuid.UUID) (addressee, error) {
	c := &s.merchants
	c.mu.Lock()
	a, ok := c.rows[id]
	forgotten := c.forgotten
	c.mu.Unlock()
	if ok && time.Since(a.read) < addresseeLife {
		return a, nil
	}
	a = addressee{read: time.Now()}
	err := s.pool.QueryRow(ctx, `
		SELECT a.kind, a.deleted_at IS NOT NULL, coalesce(m.approve_replies, (SELECT approve_replies FROM town), false)
		  FROM actors a LEFT JOIN merchants m ON m.id = a.id WHERE a.id = $1`, id).Scan(&a.kind, &a.deleted, &a.approves)
	if err != nil {
		return addressee{}, mapped("find actor", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.forgotten != forgotten {
		return a, nil
	}
	if c.rows == nil || len(c.rows) >= addresseesMax {
		c.rows = make(map[uuid.UUID]addressee)
	}
	c.rows[id] = a
	return a, nil
}

func (c *merchantCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows = nil
	c.forgotten++
}
