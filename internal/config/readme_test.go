package config

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// The README's table is where operators look: it names the variables that exist, no more
// and no fewer.
func TestReadmeNamesAllVariables(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`BOURG_[^|]*) \\|").FindAllStringSubmatch(string(text), -1) {
		named = append(named, regexp.MustCompile(`BOURG_[A-Z0-9_]+`).FindAllString(row[1], -1)...)
	}
	slices.Sort(named)
	want := names(false)
	slices.Sort(want)
	if !slices.Equal(named, want) {
		t.Errorf("README.md: got variables %q, want %q", named, want)
	}
}
