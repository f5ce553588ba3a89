package simulation

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCommittedPageIsWhatTheCommandWrites holds the page, its figures and its plots in the repository against each other, and
// against the assumptions, the rules and the command as they are now.
func TestCommittedPageIsWhatTheCommandWrites(t *testing.T) {
	t.Parallel()
	results, err := Load(".")
	if err != nil {
		t.Fatal(err)
	}
	want, err := results.Page()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("RESULTS.md")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("RESULTS.md is not what results.json and page.tmpl make: run `make simulation`")
	}
	if a, b := asJSON(t, results.Plan), asJSON(t, Published()); a != b {
		t.Errorf("the page was made with the plan %s, want %s", a, b)
	}
	sizes, err := MeasureSizes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// What the encoder writes changes by a word now and then; the page stays true as long as that is little.
	for kind, now := range sizes.Announce {
		if then := results.Sizes.Announce[kind]; now < then*9/10 || now > then*11/10 {
			t.Errorf("an Announce of kind %s has %d bytes, and %d on the page: run `make simulation`", kind, now, then)
		}
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	if command := Published().command(); !strings.Contains(string(makefile), "\nsimulation:") || !strings.Contains(string(makefile), "\t"+command+"\n") {
		t.Errorf("Makefile does not have the target simulation with %q, which the page names", command)
	}
	for name := range results.plots() {
		svg, err := os.ReadFile(name + ".svg")
		if err != nil {
			t.Error(err)
		}
		if !bytes.Contains(got, []byte("]("+name+".svg)")) || !bytes.Contains(svg, []byte("<svg")) {
			t.Errorf("the page does not show %s.svg, or that is no picture", name)
		}
	}
	for _, check := range append([]Check{results.Calm.Check}, results.Outages[0].Check, results.Outages[1].Check) {
		if err := check.fault(); err != nil || check.Objects == 0 {
			t.Errorf("the page tells of a run that ended with %+v", check)
		}
	}
}

// TestPageIsWrittenFromARun plays a plan of a few days and writes everything into a folder.
func TestPageIsWrittenFromARun(t *testing.T) {
	t.Parallel()
	plan := Plan{Seed: 2, Towns: 60, Days: 4, Smaller: []int{30}, OutageHours: []int{6}, OutageShare: 0.2, OutageDay: 1, OutageNews: 4}
	folder := t.TempDir()
	machine := Machine{RSASign: 1e-3, Ed25519Sign: 1e-4, RSAVerify: 1e-4, Ed25519Verify: 1e-4, Parse: 1e-4}
	var said []string
	results, err := Compute(t.Context(), plan, machine, func(s string) { said = append(said, s) })
	if err != nil {
		t.Fatal(err)
	}
	results.Measured(90 * time.Second)
	if err := results.Write(folder); err != nil {
		t.Fatal(err)
	}
	if len(said) != 3 {
		t.Errorf("got told of %d runs, want 3: %q", len(said), said)
	}
	page, err := os.ReadFile(filepath.Join(folder, "RESULTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"60 towns on a", "-seed 2 -towns 60 -days 4", "It took 1.50 min", "| 30 | ", "away for 6 hours", "**0 missing, 0 too many**"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, bad := range []string{"NaN", "Inf", "<no value>", "%!"} {
		if strings.Contains(string(page), bad) {
			t.Errorf("the page says %q", bad)
		}
	}
	read, err := Load(folder)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := read.Growth[1].Requests.Median, results.Growth[1].Requests.Median; a < b*0.999 || a > b*1.001 {
		t.Errorf("got a median of %v from the file, want %v", a, b)
	}
}

// TestRunThatDoesNotAgreeWritesNoPage cuts the quiet days short, so that towns are still down or behind.
func TestRunThatDoesNotAgreeWritesNoPage(t *testing.T) {
	t.Parallel()
	sizes, err := MeasureSizes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a := Default()
	s := Scenario{Name: "cut short", Seed: 2, Towns: 60, Handshakes: 15, News: 3, Quiet: 0, Mass: MassOutage{Share: 0.3, At: 2 * day, Hours: 48}}
	if _, err := runAll(t.Context(), &a, sizes, []Scenario{s}, func(string) {}); err == nil || !strings.Contains(err.Error(), "cut short: towns differ") {
		t.Errorf("got error %v, want one that names the run and says that towns differ", err)
	}
}

func TestFiguresAreWrittenAsPeopleReadThem(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		number0(1234567): "1,234,567", number0(-1234.0): "-1,234", number0(999): "999", figure(12.34): "12.3", figure(0.01234): "0.012", figure(1500.4): "1,500",
		percent(0.5): "50 %", percent(0.9976): "99.76 %", percent(1): "100 %", percent(0.015): "1.5 %", percent(0.00012): "0.01 %", percent(0): "0 %",
		lasts(0.15): "0.15 s", lasts(90): "1.50 min", lasts(7200): "2 h", lasts(3 * 86400): "3 days", lasts(-1): "longer than the run",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
