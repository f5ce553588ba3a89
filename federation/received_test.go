package federation

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestReceived decodes the activities of testdata/received, which are in the shapes in which other software sends them, and
// compares what is understood with testdata/golden, a file for each software. The gate passes all of them: each is said
// by whom it is about.
func TestReceived(t *testing.T) {
	t.Parallel()
	all, err := filepath.Glob("testdata/received/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 120 {
		t.Fatalf("got %d activities, want the 120 and more that are there", len(all))
	}
	byFolder := map[string][]string{}
	for _, file := range all {
		byFolder[filepath.Dir(file)] = append(byFolder[filepath.Dir(file)], file)
	}
	for folder, files := range byFolder {
		var golden strings.Builder
		for _, file := range files {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&golden, "-- %s --\n", filepath.Base(file))
			doc, err := ParseDocument(body)
			if err != nil {
				t.Errorf("%s: parse: %v", file, err)
				continue
			}
			act, err := DecodeActivity(doc)
			if err != nil {
				fmt.Fprintf(&golden, "refused: %v\n", err)
				continue
			}
			verified, err := Authority{Host: "bourg.test"}.Activity(act, act.Actor, body)
			if err != nil {
				t.Errorf("%s: the gate: %v", file, err)
				continue
			}
			describe(&golden, "", reflect.ValueOf(verified.Value()))
		}
		compareGolden(t, filepath.Join("testdata/golden", "received-"+filepath.Base(folder)+".txt"), golden.String())
	}
}
