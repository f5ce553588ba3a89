package browsertest

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

// build compiles bourg as it is released.
func build(folder string) (string, error) {
	path := filepath.Join(folder, "bourg")
	cmd := exec.Command("go", "build", "-o", path, "bourg/cmd/bourg")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build bourg: %w\n%s", err, out)
	}
	return path, nil
}
