package localpg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Dump writes all of a database into a file, as one consistent state, while others work with it. server is the major version of its
// PostgreSQL: the installed pg_dump must not be older.
func Dump(ctx context.Context, dsn string, server int, file string) error {
	return runTool(ctx, "pg_dump", server, dsn, "--format=custom", "--no-owner", "--no-privileges", "--file="+file)
}

// Restore writes what Dump wrote into an empty database, whole or not at all.
func Restore(ctx context.Context, dsn string, server int, file string) error {
	return runTool(ctx, "pg_restore", server, dsn, "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", file)
}

// runTool runs one of PostgreSQL's own programs on a database. A password is told by the environment, because everybody on the
// machine can read a command line.
func runTool(ctx context.Context, name string, server int, dsn string, args ...string) error {
	path, err := findTool(ctx, name, server)
	if err != nil {
		return err
	}
	open, password := withoutPassword(dsn)
	cmd := exec.CommandContext(ctx, path, append([]string{"--dbname=" + open}, args...)...)
	cmd.Env = os.Environ()
	if password != "" {
		cmd.Env = append(cmd.Env, "PGPASSWORD="+password)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return errors.Join(ctx.Err(), fmt.Errorf("%s: %w: %s", name, err, lastLines(said.String())))
	}
	return nil
}

// findTool returns the newest installed program of a name that is not older than the server.
func findTool(ctx context.Context, name string, server int) (string, error) {
	paths := []string{}
	for _, dir := range candidates(ctx) {
		paths = append(paths, filepath.Join(dir, name))
	}
	if path, err := exec.LookPath(name); err == nil {
		paths = append(paths, path)
	}
	best, newest := "", 0
	for _, path := range paths {
		out, err := exec.CommandContext(ctx, path, "--version").Output()
		if err != nil {
			continue
		}
		if major, err := majorVersion(string(out)); err == nil && major > newest {
			best, newest = path, major
		}
	}
	if newest < server || best == "" {
		return "", fmt.Errorf("no %s of version %d or newer is installed (Debian: apt-get install postgresql-client-%d)", name, server, server)
	}
	return best, nil
}

var passwordWord = regexp.MustCompile(`(?i)(^|\s)password\s*=\s*('(?:\\.|[^'\\])*'|\S+)`)

// withoutPassword takes the password out of a database's address, of either form that libpq knows.
func withoutPassword(dsn string) (open, password string) {
	if u, err := url.Parse(dsn); err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") {
		if p, given := u.User.Password(); given {
			u.User, password = url.User(u.User.Username()), p
		}
		query := u.Query()
		if p := query.Get("password"); p != "" {
			password = p
			query.Del("password")
			u.RawQuery = query.Encode()
		}
		return u.String(), password
	}
	m := passwordWord.FindStringSubmatch(dsn)
	if m == nil {
		return dsn, ""
	}
	password = m[2]
	if quoted, found := strings.CutPrefix(password, "'"); found {
		password = strings.TrimSuffix(quoted, "'")
	}
	return strings.TrimSpace(passwordWord.ReplaceAllString(dsn, "$1")), regexp.MustCompile(`\\(.)`).ReplaceAllString(password, "$1")
}

// lastLines is the end of what a program said, which tells what was wrong.
func lastLines(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return strings.Join(lines[max(0, len(lines)-3):], "; ")
}
