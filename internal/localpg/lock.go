package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lockPoll is how often a lock that somebody else holds is tried again.
const lockPoll = 25 * time.Millisecond

// lock is an open lock file (flock). The kernel releases it with the last
// process that has it open, however that process ends.
type lock struct{ file *os.File }

// openLock opens a lock file without taking the lock.
func openLock(path string) (*lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open a lock file: %w", err)
	}
	return &lock{f}, nil
}

// tryExclusive takes the lock alone, in place of a share that it may hold. It
// returns false, and the share is gone too, when another process holds any.
func (l *lock) tryExclusive() (bool, error) {
	err := l.flock(unix.LOCK_EX | unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// share takes a share of the lock, in place of holding it alone. It waits only
// for a process that holds it alone, which is done under the gate.
func (l *lock) share() error { return l.flock(unix.LOCK_SH) }

func (l *lock) flock(how int) error {
	for {
		err := unix.Flock(int(l.file.Fd()), how)
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("lock %s: %w", l.file.Name(), err)
		}
	}
}

// release gives the lock up.
func (l *lock) release() { _ = l.file.Close() }

// acquireGate takes the lock that serialises starting and stopping. When the
// context ends first, the error names the process that holds it.
func acquireGate(ctx context.Context, path string) (*lock, error) {
	gate, err := openLock(path)
	if err != nil {
		return nil, err
	}
	for {
		err := gate.flock(unix.LOCK_EX | unix.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			gate.release()
			return nil, err
		}
		select {
		case <-ctx.Done():
			holder, _ := os.ReadFile(path)
			gate.release()
			return nil, fmt.Errorf("wait for process %s, which is starting or stopping the server: %w",
				strings.TrimSpace(string(holder)), context.Cause(ctx))
		case <-time.After(lockPoll):
		}
	}
	if err := gate.file.Truncate(0); err != nil {
		gate.release()
		return nil, fmt.Errorf("write the pid into %s: %w", path, err)
	}
	if _, err := fmt.Fprintf(gate.file, "%d\n", os.Getpid()); err != nil {
		gate.release()
		return nil, fmt.Errorf("write the pid into %s: %w", path, err)
	}
	return gate, nil
}
