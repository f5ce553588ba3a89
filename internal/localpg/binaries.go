package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// oldestMajor is the oldest PostgreSQL that Bourg works with (Debian 12's).
const oldestMajor = 15

// binaries is a folder with postgres and initdb of one major version.
type binaries struct {
	dir   string
	major int
}

// findBinaries returns the installed PostgreSQL: the one whose major version
// is wanted, or the newest if wanted is 0. A cluster can only be read by the
// major version that made it.
func findBinaries(ctx context.Context, wanted int) (binaries, error) {
	var found []binaries
	for _, dir := range candidates(ctx) {
		if b, err := inspect(ctx, dir); err == nil {
			found = append(found, b)
		}
	}
	slices.SortStableFunc(found, func(a, b binaries) int { return b.major - a.major })
	if len(found) == 0 {
		return binaries{}, errors.New("no postgresql is installed (initdb and postgres are neither on PATH nor where distributions put them): install it (Debian: apt-get install postgresql), or name a database in BOURG_DATABASE_URL")
	}
	if wanted == 0 {
		if found[0].major < oldestMajor {
			return binaries{}, fmt.Errorf("the installed postgresql is version %d; bourg needs %d or newer", found[0].major, oldestMajor)
		}
		return found[0], nil
	}
	for _, b := range found {
		if b.major == wanted {
			return b, nil
		}
	}
	return binaries{}, fmt.Errorf("the data were written by postgresql %d, and the newest that is installed is %d: install version %d, or restore a backup into a new folder",
		wanted, found[0].major, wanted)
}

// candidates lists the folders in which initdb may lie.
func candidates(ctx context.Context) []string {
	var dirs []string
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
	}
	if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(out)))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
		"/usr/pgsql-*/bin",          // the PostgreSQL project's RPMs
		"/usr/libexec/postgresql*",  // Alpine
		"/usr/local/pgsql/bin",      // built from source
	} {
		matches, err := filepath.Glob(pattern)
		if err == nil {
			dirs = append(dirs, matches...)
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// inspect reads the version of the PostgreSQL in a folder.
func inspect(ctx context.Context, dir string) (binaries, error) {
	if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
		return binaries{}, err
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return binaries{}, fmt.Errorf("ask %s for its version: %w", dir, err)
	}
	major, err := majorVersion(string(out))
	return binaries{dir: dir, major: major}, err
}

// majorVersion reads "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)".
func majorVersion(line string) (int, error) {
	_, rest, found := strings.Cut(line, ") ")
	digits := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if !found || digits < 0 {
		return 0, fmt.Errorf("read the version in %q", line)
	}
	return strconv.Atoi(rest[:digits])
}
