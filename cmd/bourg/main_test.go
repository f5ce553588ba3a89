// Package main_test proves the program as a whole: it builds the real binary, runs towns
// with it on loopback addresses, lets other servers (Fedify, and a strict one written
// here after Mastodon's rules) follow their merchants, and kills what it can in between.
// The tests are stories, named after what people do. They know the program by its fixed
// interface alone: commands, environment, URLs and what stands on the pages.
package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "bourg-binary-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "make a folder for the binary:", err)
		os.Exit(1)
	}
	binary = sync.OnceValues(func() (string, error) { return build(folder) })
	code := m.Run()
	if err := os.RemoveAll(folder); err != nil {
		fmt.Fprintln(os.Stderr, "remove the binary:", err)
	}
	os.Exit(code)
}

// binary builds bourg once for all tests and returns its path. TestMain sets it.
var binary func() (string, error)

// build compiles bourg as it is released, or, in a run with the race detector, with that.
func build(folder string) (string, error) {
	path := filepath.Join(folder, "bourg")
	args := []string{"build", "-o", path}
	env := append(os.Environ(), "CGO_ENABLED=0")
	if raceDetector {
		args, env = append(args, "-race"), os.Environ()
	}
	cmd := exec.Command("go", append(args, "bourg/cmd/bourg")...)
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build bourg: %w\n%s", err, out)
	}
	return path, nil
}
