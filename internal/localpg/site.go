package localpg

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

const (
	// port only names the socket file; nothing listens on TCP.
	port = "5432"

	// longestSocketPath is what sun_path of unix(7) holds, without its NUL.
	longestSocketPath = 107

	// elsewhere is where the files lie if the user that PostgreSQL runs as
	// cannot reach the folder that was asked for.
	elsewhere = "/var/lib/bourg"
)

// site is where the private PostgreSQL of one folder lies and who runs it.
type site struct {
	home    string              // absolute, without symbolic links
	data    string              // the cluster
	sockets string              // folder of the socket, mode 0700
	runAs   *syscall.Credential // nil: the user that bourg runs as
}

func (s site) gatePath() string   { return filepath.Join(s.home, "gate") }
func (s site) usersPath() string  { return filepath.Join(s.home, "users") }
func (s site) serverPath() string { return filepath.Join(s.home, "server") }
func (s site) socketPath() string { return filepath.Join(s.sockets, ".s.PGSQL."+port) }

// find returns the site of a folder as it is, and false where there is none.
func find(dir string) (site, bool, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return site{}, false, err
	}
	home, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return site{}, false, nil
	}
	if err != nil {
		return site{}, false, err
	}
	if target, err := os.Readlink(filepath.Join(home, "data")); err == nil {
		home = filepath.Dir(target)
	}
	s := site{home: home, data: filepath.Join(home, "data")}
	s.sockets = filepath.Join(home, "run")
	if len(s.socketPath()) > longestSocketPath {
		// Not os.TempDir: every process must come to the same name, and
		// that one can be long too.
		s.sockets = filepath.Join("/tmp", fmt.Sprintf("bourg-%x", sha256.Sum256([]byte(home)))[:22])
	}
	if os.Geteuid() == 0 {
		if s.runAs, err = unprivileged(s.data); err != nil {
			return site{}, false, err
		}
	}
	return s, true, nil
}

// locate returns the site of a folder, which it makes where it is missing.
func locate(ctx context.Context, dir string, log *slog.Logger) (site, error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return site{}, err
		}
		// Passing through is enough, and must not hang on the umask.
		if err := os.Chmod(dir, 0o711); err != nil {
			return site{}, err
		}
	}
	s, _, err := find(dir)
	if err != nil {
		return site{}, err
	}
	if s.runAs != nil && !reaches(ctx, s.runAs, s.home) {
		if s.initialised() {
			return site{}, fmt.Errorf("the data lie in %s, which user %d cannot reach any more: make its parent folders passable (chmod o+x)",
				s.home, s.runAs.Uid)
		}
		if err := moveElsewhere(s.home); err != nil {
			return site{}, err
		}
		asked := s.home
		if s, _, err = find(dir); err != nil {
			return site{}, err
		}
		log.Info("the user that PostgreSQL runs as cannot reach the data folder; its files lie elsewhere",
			"uid", s.runAs.Uid, "folder", asked, "files", s.home)
	}
	return s, s.makeSocketFolder()
}

// initialised says whether the site has a complete cluster.
func (s site) initialised() bool {
	_, err := os.Stat(filepath.Join(s.data, "PG_VERSION"))
	return err == nil
}

// moveElsewhere makes a folder for the files of dir and leaves a symbolic link
// to it. The folder hangs on the link: who deletes dir and starts again gets
// a new town, not the old one's data.
func moveElsewhere(dir string) error {
	if err := os.MkdirAll(elsewhere, 0o755); err != nil {
		return err
	}
	home, err := os.MkdirTemp(elsewhere, fmt.Sprintf("%x", sha256.Sum256([]byte(dir)))[:12]+"-")
	if err != nil {
		return err
	}
	if err := os.Chmod(home, 0o711); err != nil {
		return err
	}
	err = os.Symlink(filepath.Join(home, "data"), filepath.Join(dir, "data"))
	if errors.Is(err, fs.ErrExist) {
		// Another process did the same a moment earlier.
		return os.Remove(home)
	}
	return err
}

// unprivileged returns the user that owns the cluster, and for a new one
// postgres, else nobody. PostgreSQL refuses to run as root.
func unprivileged(data string) (*syscall.Credential, error) {
	info, err := os.Stat(data)
	if err == nil {
		if owner, ok := info.Sys().(*syscall.Stat_t); ok && owner.Uid != 0 {
			return &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}, nil
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("read the uid of user %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("read the gid of user %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("bourg runs as root, postgresql must not, and there is neither a user postgres nor a user nobody")
}

// reaches says whether a user can pass into a folder. The kernel is asked, by
// a program that starts there as that user, because modes are not all there
// is (ACLs, mounts, security modules).
func reaches(ctx context.Context, who *syscall.Credential, dir string) bool {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", "exit 0")
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	return cmd.Run() == nil
}

// makeFolder makes a folder of mode 0700 that belongs to the user whom
// PostgreSQL runs as. One that is there must be exactly that: in /tmp somebody
// else may have made it first.
func (s site) makeFolder(path string) error {
	err := os.Mkdir(path, 0o700)
	switch {
	case err == nil:
		if err := os.Chmod(path, 0o700); err != nil {
			return err
		}
		if s.runAs != nil {
			return os.Chown(path, int(s.runAs.Uid), int(s.runAs.Gid))
		}
		return nil
	case !errors.Is(err, fs.ErrExist):
		return err
	}
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	uid := uint32(os.Geteuid())
	if s.runAs != nil {
		uid = s.runAs.Uid
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || info.Mode().Perm() != 0o700 || owner.Uid != uid {
		return fmt.Errorf("%s is not a folder of mode 0700 that belongs to user %d", path, uid)
	}
	return nil
}

func (s site) makeSocketFolder() error { return s.makeFolder(s.sockets) }
