package town

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bourg/federation"
)

// Each town publishes with which towns it exchanges news (PEERING.md, section 7), so that its neighbours find
// others without anybody keeping a list of all. What a town says of another is a hint and no more: the town hall
// that follows it reads the other town's own card.

// MaxHints bounds how many towns of one list are read.
const MaxHints = 500

// Hint is a town as one of our neighbours names it.
type Hint struct {
	Domain string
	Base   string // "https://" or, in closed networks, "http://" before the domain
	Name   string
	Place  Point
}

// townsJSON is the public list of a town's neighbours.
type townsJSON struct {
	Towns []hintJSON `json:"towns"`
}

type hintJSON struct {
	URL   string   `json:"url"`
	Name  string   `json:"name"`
	INSEE []string `json:"insee,omitempty"`
	Lat   *float64 `json:"lat,omitempty"`
	Lon   *float64 `json:"lon,omitempty"`
}

// WriteTowns writes the list of those that exchange news with us.
func WriteTowns(list []ListedNeighbour) ([]byte, error) {
	out := townsJSON{Towns: []hintJSON{}}
	for _, k := range list[:min(len(list), MaxHints)] {
		if k.Peering == "" {
			continue // another kind of server
		}
		one := hintJSON{URL: k.Base, Name: k.Name, INSEE: k.INSEE}
		if k.Place != nil {
			one.Lat, one.Lon = &k.Place.Lat, &k.Place.Lon
		}
		out.Towns = append(out.Towns, one)
	}
	return json.Marshal(out)
}

// ReadTowns reads another town's list. What is no town with a name, a place and the address of a server is passed over, so is
// what stands there twice; line makes one line of text.
func ReadTowns(list []byte, line func(string) string) ([]Hint, error) {
	var said townsJSON
	if err := json.Unmarshal(list, &said); err != nil {
		return nil, fmt.Errorf("list of neighbours cannot be read: %w", err)
	}
	if said.Towns == nil {
		return nil, errors.New("list of neighbours names no towns")
	}
	var hints []Hint
	known := map[string]bool{}
	for _, one := range said.Towns[:min(len(said.Towns), MaxHints)] {
		scheme, rest, _ := strings.Cut(one.URL, "://")
		domain := federation.CanonicalHost(scheme, strings.TrimSuffix(rest, "/"))
		name := cutRunes(line(one.Name), 100)
		if (scheme != "https" && scheme != "http") || domain == "" || len(domain) > 260 || name == "" || known[domain] {
			continue
		}
		place := pointOf(one.Lat, one.Lon)
		if place == nil {
			continue
		}
		known[domain] = true
		hints = append(hints, Hint{Domain: domain, Base: scheme + "://" + domain, Name: name, Place: *place})
	}
	return hints, nil
}

// pointOf is a place on Earth, or nil.
func pointOf(lat, lon *float64) *Point {
	if lat == nil || lon == nil || !(*lat >= -90 && *lat <= 90) || !(*lon >= -180 && *lon <= 180) {
		return nil
	}
	return &Point{*lat, *lon}
}

// Suggestion is a town that we do not know and that neighbours exchange news with.
type Suggestion struct {
	Hint
	Km   float64
	From []string // names of the neighbours that name it
}

// How many towns are suggested, how far away, and how many of them one neighbour alone may bring.
const (
	maxSuggestions  = 8
	maxFromOne      = 4
	suggestedWithin = 100 // km
)

// suggest chooses among the hints, by the name of the neighbour that gives them: the nearest first.
func suggest(here Point, hints map[string][]Hint) []Suggestion {
	by := map[string]*Suggestion{}
	for _, from := range slices.Sorted(maps.Keys(hints)) {
		for _, h := range hints[from] {
			km := here.KmTo(h.Place)
			if km > suggestedWithin {
				continue
			}
			if known := by[h.Domain]; known != nil {
				known.From = append(known.From, from)
				continue
			}
			by[h.Domain] = &Suggestion{Hint: h, Km: km, From: []string{from}}
		}
	}
	var all []Suggestion
	for _, s := range by {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(a.Km, b.Km), strings.Compare(a.Domain, b.Domain))
	})
	alone := map[string]int{}
	var chosen []Suggestion
	for _, s := range all {
		if len(s.From) == 1 {
			if alone[s.From[0]]++; alone[s.From[0]] > maxFromOne {
				continue
			}
		}
		if chosen = append(chosen, s); len(chosen) == maxSuggestions {
			break
		}
	}
	return chosen
}
