package simulation

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"bourg/internal/town"
)

// pageSource is the page with the places of its figures.
//
//go:embed page.tmpl
var pageSource string

// Load reads results.json of a folder.
func Load(folder string) (*Results, error) {
	raw, err := os.ReadFile(filepath.Join(folder, "results.json"))
	if err != nil {
		return nil, fmt.Errorf("read the results: %w", err)
	}
	r := &Results{}
	if err := json.Unmarshal(raw, r); err != nil {
		return nil, fmt.Errorf("read the results: %w", err)
	}
	return r, nil
}

// Measured notes how long the runs took.
func (r *Results) Measured(wall time.Duration) { r.WallSeconds = wall.Round(time.Second).Seconds() }

// Write writes results.json, RESULTS.md and the plots into a folder. What is written and drawn is what stands in results.json.
func (r *Results) Write(folder string) error {
	raw, err := r.rounded()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "results.json"), raw, 0o644); err != nil { //nolint:gosec // a page of the repository, for everybody
		return fmt.Errorf("write the results: %w", err)
	}
	written, err := Load(folder)
	if err != nil {
		return err
	}
	page, err := written.Page()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "RESULTS.md"), page, 0o644); err != nil { //nolint:gosec // the same
		return fmt.Errorf("write the page: %w", err)
	}
	return written.draw(folder)
}

// rounded is the results as JSON, with fractions of four figures.
func (r *Results) rounded() ([]byte, error) {
	raw, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("write the results: %w", err)
	}
	var tree any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		return nil, fmt.Errorf("round the results: %w", err)
	}
	var lines bytes.Buffer
	write(&lines, round(tree), 0)
	lines.WriteByte('\n')
	return lines.Bytes(), nil
}

func round(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = round(v[k])
		}
	case []any:
		for i := range v {
			v[i] = round(v[i])
		}
	case json.Number:
		if f, err := v.Float64(); err == nil && f != math.Trunc(f) {
			f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'g', 4, 64), 64)
			return f
		}
	}
	return v
}

// write writes the upper levels of JSON with a line for each member, and what lies below on one line.
func write(to *bytes.Buffer, v any, level int) {
	object, isObject := v.(map[string]any)
	if !isObject || level == 2 {
		raw, err := json.Marshal(v)
		if err != nil {
			panic(err) // it came out of JSON
		}
		to.Write(raw)
		return
	}
	indent := strings.Repeat(" ", level+1)
	to.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(object)) {
		if i > 0 {
			to.WriteByte(',')
		}
		to.WriteString("\n" + indent + strconv.Quote(key) + ": ")
		write(to, object[key], level+1)
	}
	to.WriteString("\n" + indent[1:] + "}")
}

// Page is RESULTS.md.
func (r *Results) Page() ([]byte, error) {
	a := Default()
	page, err := template.New("page").Funcs(template.FuncMap{
		"reach": func(r string) float64 { return a.Reaches[town.Reach(r)] }, "mode": func(m string) float64 { return a.Modes[town.Mode(m)] },
		"n": number0, "f": figure, "pct": percent, "kB": func(b float64) string { return figure(b / 1000) },
		"lasts": lasts, "ms": func(s float64) string { return figure(s * 1000) }, "mul": func(a, b float64) float64 { return a * b },
		"div": func(a, b float64) float64 { return a / b }, "sub": func(a, b float64) float64 { return a - b },
		"float": func(n int) float64 { return float64(n) },
	}).Parse(pageSource)
	if err != nil {
		return nil, fmt.Errorf("read the template of the page: %w", err)
	}
	largest := r.Growth[len(r.Growth)-1]
	var text bytes.Buffer
	if err := page.Execute(&text, map[string]any{
		"R": r, "A": a, "Largest": largest, "Smallest": r.Growth[0], "Relay": r.relay(largest),
		"LongestAnnounce": r.Sizes.Announce[town.Article], "HandshakeDays": handshakeDays, "CopiesAtEnd": r.Calm.Copies[len(r.Calm.Copies)-1], "Command": r.Plan.command(), "Kinds": town.ExchangedKinds,
		"Rules": map[string]any{
			"TendEvery": town.TendEvery, "ReconcileEvery": town.ReconcileEvery, "BackfillObjects": town.BackfillObjects, "BackfillAge": town.BackfillAge,
			"MaxActive": town.MaxActive, "PeerRate": town.PeerRate, "Daily": town.DailyAnnounces, "DailyMerchant": town.DailyAnnouncesMerchant,
			"NeighboursKm": town.NeighboursKm, "RegionKm": town.RegionKm, "LiveOfMerchant": a.PostsPerWeek / 7 * town.BackfillAge.Hours() / 24,
		},
	}); err != nil {
		return nil, fmt.Errorf("write the page: %w", err)
	}
	return text.Bytes(), nil
}

// command is what makes the page again.
func (p Plan) command() string {
	return fmt.Sprintf("go run ./cmd/simulation -seed %d -towns %d -days %d", p.Seed, p.Towns, p.Days)
}

// Relay is what one server in the middle would have to do, by arithmetic.
type Relay struct {
	Activities    float64 // a day, of all towns
	ToAll         float64 // deliveries a day that send each to everybody
	ToAllBytes    float64
	ToAllCores    float64 // for RSA signatures alone
	TownBytes     float64 // a day, that each town gets
	TownCPU       float64 // seconds a day, to verify and to parse
	TownTimes     float64 // so many times the posts that a town gets from its neighbours
	Hub           float64 // deliveries a day that send each to neighbours only
	HubBytes      float64
	HubCPU        float64 // seconds a day for RSA signatures
	DirectPerTown float64 // deliveries a day of a town without a middle
}

func (r *Results) relay(g Growth) Relay {
	towns := float64(g.Towns)
	relay := Relay{Activities: g.PostsOfAll * g.PerPost, Hub: g.DeliveriesOfAll, DirectPerTown: g.DeliveriesOfAll / towns}
	relay.ToAll = relay.Activities * (towns - 1)
	relay.ToAllBytes = relay.ToAll * g.MeanAnnounce
	relay.ToAllCores = relay.ToAll * r.Machine.RSASign / day.Seconds()
	relay.TownBytes = relay.Activities * g.MeanAnnounce
	relay.TownCPU = relay.Activities * (r.Machine.RSAVerify + r.Machine.Parse)
	relay.TownTimes = g.PostsOfAll / g.Received.Mean
	relay.HubBytes, relay.HubCPU = relay.Hub*g.MeanAnnounce, relay.Hub*r.Machine.RSASign
	return relay
}

// number0 writes a whole number with a comma at each thousand.
func number0(v any) string {
	n := int64(0)
	switch v := v.(type) {
	case int:
		n = int64(v)
	case float64:
		n = int64(math.Round(v))
	}
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// figure writes a number with as many digits as it deserves.
func figure(v float64) string {
	switch size := math.Abs(v); {
	case size >= 100 || v == math.Trunc(v):
		return number0(v)
	case size >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case size >= 1:
		return strconv.FormatFloat(v, 'f', 2, 64)
	default:
		return strconv.FormatFloat(v, 'g', 2, 64)
	}
}

func percent(share float64) string {
	switch {
	case share > 0.99 && share < 1:
		return strconv.FormatFloat(100*share, 'f', 2, 64) + " %"
	case share >= 0.1:
		return strconv.FormatFloat(100*share, 'f', 0, 64) + " %"
	case share >= 0.001:
		return strconv.FormatFloat(100*share, 'f', 1, 64) + " %"
	default:
		return strconv.FormatFloat(100*share, 'g', 1, 64) + " %"
	}
}

// lasts writes seconds as people say them; below 0 there is no such time.
func lasts(seconds float64) string {
	switch {
	case seconds < 0:
		return "longer than the run"
	case seconds < 60:
		return figure(seconds) + " s"
	case seconds < 2*3600:
		return figure(seconds/60) + " min"
	case seconds < 2*86400:
		return figure(seconds/3600) + " h"
	default:
		return figure(seconds/86400) + " days"
	}
}
