package browsertest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// machine is what this machine must have for a browser test.
type machine struct{ node, chromium string }

// equipment finds Node and Chromium and fails the test where something is missing.
func equipment(t *testing.T) machine {
	t.Helper()
	const advice = "; `.ci/install test` gets it, and so does `make test`"
	var m machine
	var err error
	if m.node, err = exec.LookPath("node"); err != nil {
		t.Fatal("browser tests need Node 20 or newer on the PATH" + advice)
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if m.chromium, err = exec.LookPath(name); err == nil {
			break
		}
	}
	if m.chromium == "" {
		t.Fatal("browser tests need Chromium on the PATH" + advice)
	}
	if _, err := os.Stat("node_modules/.package-lock.json"); err != nil {
		t.Fatal("browser tests need their npm packages in web/browsertest/node_modules" + advice)
	}
	return m
}

// scriptWithin ends a script that hangs. It is no measure.
const scriptWithin = 10 * time.Minute

// finding is a line that a script printed.
type finding struct {
	Page     string
	Check    string
	Fault    string
	Step     string // of a journey: begun
	Done     bool   // a page was looked at to the end
	Learnt   map[string]string
	Measured *measure
}

// script runs one of the scripts with a job and returns what it printed. A script that
// cannot do its work fails the test, after what it had printed until then.
func (m machine) script(t *testing.T, name string, job map[string]any) []finding {
	t.Helper()
	job["executable"] = m.chromium
	input, err := json.Marshal(job)
	if err != nil {
		t.Fatalf("%s: write the job: %v", name, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), scriptWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, m.node, name)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), &stdout, &stderr
	cmd.WaitDelay = 5 * time.Second
	failed := cmd.Run()
	var all []finding
	lines := bufio.NewScanner(&stdout)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var f finding
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			t.Errorf("%s: got the line %q, want JSON: %v", name, lines.Text(), err)
			continue
		}
		all = append(all, f)
	}
	if failed != nil {
		t.Errorf("%s: %v\n%s", name, failed, stderr.String())
	}
	return all
}

// pictures returns the folder for screenshots and other things to look at.
func pictures(t *testing.T, name string) string {
	t.Helper()
	if chosen := os.Getenv("BOURG_SCREENSHOTS"); chosen != "" {
		folder := filepath.Join(chosen, name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatalf("make the folder of BOURG_SCREENSHOTS: %v", err)
		}
		return folder
	}
	folder, err := os.MkdirTemp("", "bourg-screenshots-")
	if err != nil {
		t.Fatalf("make a folder for screenshots: %v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("screenshots are in %s", folder)
		} else if err := os.RemoveAll(folder); err != nil {
			t.Errorf("remove the screenshots: %v", err)
		}
	})
	return folder
}
