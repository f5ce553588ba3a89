package town

import (
	"encoding/json"
	"slices"
)

// peeringTerm is `bourg:peering` of a Follow or an Accept (PEERING.md, section 3).
type peeringTerm struct {
	Version int        `json:"version"`
	Wants   *scopeJSON `json:"wants,omitempty"`
	Gives   *scopeJSON `json:"gives,omitempty"`
	Message string     `json:"message,omitempty"`
}

// scopeJSON is a Scope on the wire.
type scopeJSON struct {
	Kinds []string `json:"kinds"`
	MaxKm float64  `json:"maxKm"`
}

func scopeTerm(s Scope) *scopeJSON {
	kinds := make([]string, len(s.Kinds))
	for i, k := range s.Kinds {
		kinds[i] = string(k)
	}
	return &scopeJSON{Kinds: kinds, MaxKm: float64(s.MaxKm)}
}

// asMap is the term as the codec takes it.
func (p peeringTerm) asMap() map[string]any {
	scope := func(s *scopeJSON) map[string]any { return map[string]any{"kinds": s.Kinds, "maxKm": s.MaxKm} }
	m := map[string]any{"version": p.Version}
	if p.Wants != nil {
		m["wants"] = scope(p.Wants)
	}
	if p.Gives != nil {
		m["gives"] = scope(p.Gives)
	}
	if p.Message != "" {
		m["message"] = p.Message
	}
	return m
}

// maxScopeKm is what a distance on the wire is cut to: half the way round the Earth.
const maxScopeKm = 20_038

// scope reads a Scope that another server wrote: kinds that nobody knows are left out, a distance out of bounds is
// no limit.
func (s *scopeJSON) scope() Scope {
	var out Scope
	if s == nil {
		return out
	}
	for _, known := range ExchangedKinds {
		if slices.Contains(s.Kinds, string(known)) {
			out.Kinds = append(out.Kinds, known)
		}
	}
	if s.MaxKm >= 1 && s.MaxKm <= maxScopeKm {
		out.MaxKm = int(s.MaxKm)
	}
	return out
}

// readPeering reads the term from an activity as it came; found is false where there is none that can be read.
func readPeering(activity []byte) (term peeringTerm, found bool) {
	var a struct {
		Peering *peeringTerm `json:"bourg:peering"`
	}
	if err := json.Unmarshal(activity, &a); err != nil || a.Peering == nil {
		return peeringTerm{}, false
	}
	return *a.Peering, true
}
