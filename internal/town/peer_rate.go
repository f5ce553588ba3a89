package town

import (
	"math"
	"sync"
	"time"

	"bourg/federation"

	"golang.org/x/time/rate"
)

// PeerRate is how many activities of one neighbour are taken in a minute (PEERING.md, section 4).
const PeerRate = 60

// peerRoom is how many activities a neighbour that had too much may send at once when it comes back: it is asked to wait
// until there is room for so many, because an attempt that is refused costs both sides.
const peerRoom = PeerRate / 2

// maxPeerRates bounds how many neighbours are counted: the first to be forgotten have sent nothing for a minute, so that
// nothing is forgotten of them.
const maxPeerRates = 2000

// PeerRates holds what neighbours send to PeerRate. Each process of a town counts for itself. The zero value is ready.
type PeerRates struct {
	mu    sync.Mutex
	peers map[string]*rate.Limiter
}

// Take counts an activity of the neighbour at a domain; a *federation.Refusal with status 429 where it has sent too much.
// It may be called by several goroutines.
func (p *PeerRates) Take(domain string, now time.Time) error {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	limit := p.peers[domain]
	if limit == nil {
		if len(p.peers) >= maxPeerRates {
			p.forget(now)
		}
		if p.peers == nil {
			p.peers = map[string]*rate.Limiter{}
		}
		limit = rate.NewLimiter(rate.Limit(float64(PeerRate)/60), PeerRate)
		p.peers[domain] = limit
	}
	if limit.AllowN(now, 1) {
		return nil
	}
	wait := (peerRoom - limit.TokensAt(now)) / float64(limit.Limit())
	return &federation.Refusal{Status: 429, Code: "peer_rate", RetryAfter: int(math.Ceil(wait))}
}

// forget drops those who have their full allowance again, and everybody where nobody has.
func (p *PeerRates) forget(now time.Time) {
	for domain, limit := range p.peers {
		if limit.TokensAt(now) >= PeerRate {
			delete(p.peers, domain)
		}
	}
	if len(p.peers) >= maxPeerRates {
		clear(p.peers)
	}
}
