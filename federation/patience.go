package federation

import "time"

// Patience is what a Deliverer keeps of one host, without the sending: its breaker and when a delivery that
// failed is tried again. Who plans or simulates deliveries decides by it as the Deliverer does. It belongs to one goroutine.
type Patience struct {
	policy RetryPolicy
	host   peerHost
}

// NewPatience is that of a host of which nothing is known.
func NewPatience(policy RetryPolicy) *Patience { return &Patience{policy: policy} }

// Settle records how an attempt went and tells what becomes of the delivery. Exactly one of answer and err is
// given; chance is from 0 to 1 and moves the next try.
func (p *Patience) Settle(d Delivery, answer *Answer, err error, latency time.Duration, now time.Time, chance float64) DeliveryResult {
	result, about := p.policy.judge(d, answer, err, now, chance)
	result.Latency = latency
	result.Pause = p.host.settle(about, d.Attempt, result.Pause, latency, 1, now)
	return result
}

// Suspect tells whether the host failed the last time: it gets one delivery, and the rest wait for how that goes.
func (p *Patience) Suspect() bool { return p.host.suspect() }

// Until is when a pause of the host ends; a time past or zero where it has none.
func (p *Patience) Until() time.Time { return p.host.until }

// Restarted is what a process knows that was started anew: pauses, which the queue keeps, and that something
// failed, where a delivery waits that was tried before.
func (p *Patience) Restarted(tried bool) {
	p.host = peerHost{until: p.host.until}
	if tried {
		p.host.failures = 1
	}
}
