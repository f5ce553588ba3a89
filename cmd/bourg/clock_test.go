package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// aheadVariable makes a test binary the program itself, with a clock that is ahead of the machine's by the duration
// that it names (behind, where that is negative). The released program knows no such variable: its clock is the machine's.
const aheadVariable = "BOURG_TEST_AHEAD"

func init() {
	ahead := os.Getenv(aheadVariable)
	if ahead == "" {
		return
	}
	by, err := time.ParseDuration(ahead)
	if err != nil {
		fmt.Fprintln(os.Stderr, aheadVariable+":", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr, func() time.Time { return time.Now().Add(by) })
	stop()
	os.Exit(code)
}
