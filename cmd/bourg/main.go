// Command bourg runs a town's server, and does for an operator what the screens do for
// the town hall.
//
// A file stands for each command. serve.go wires the whole program by hand, town.go what
// the server and the commands share, and routes.go is the one table of addresses with who
// may enter. Commands print JSON on standard output and, when they fail, one sentence on
// standard error.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	// Towns' time zones, on machines that have no list of them.
	_ "time/tzdata"

	"bourg/internal/config"

	"github.com/alecthomas/kong"
)

// version is set by the linker (-X main.version=…) in releases. It is a semantic version,
// because readers of NodeInfo take nothing else.
var version = "0.1.0-dev"

// commands are all that the program can do; kong reads the names from the fields.
type commands struct {
	Serve     serveCommand      `cmd:"" help:"Run the town."`
	Demo      demoCommand       `cmd:"" help:"Run two neighbouring towns with sample merchants on this machine."`
	Migrate   migrateCommand    `cmd:"" help:"Bring the database to this version's schema."`
	Backup    backupCommand     `cmd:"" help:"Put the whole town into one file, while it runs."`
	Restore   restoreCommand    `cmd:"" help:"Make an empty database, and the photos, those of a backup."`
	Doctor    doctorCommand     `cmd:"" help:"Look whether everything the town needs is there and well."`
	Admin     adminCommands     `cmd:"" help:"The town hall's logins."`
	Merchant  merchantCommand   `cmd:"" help:"Merchants."`
	Publish   publishCommand    `cmd:"" help:"Publish in a merchant's name."`
	Edit      editCommand       `cmd:"" help:"Change the text of a post."`
	Withdraw  withdrawCommand   `cmd:"" help:"Take a post back for good."`
	Neighbour neighbourCommands `cmd:"" help:"Other towns with which news is exchanged."`
	External  externalCommands  `cmd:"" help:"Accounts on other servers that the town lists as its own."`
	Queue     queueCommands     `cmd:"" help:"What waits to be delivered."`
	Keys      keysCommands      `cmd:"" help:"The keys with which the town's actors sign."`
	Block     blockCommands     `cmd:"" help:"Block a domain with its subdomains; write and read lists of blocked domains."`
	Unblock   unblockCommand    `cmd:"" help:"Let a blocked domain speak with us again."`
	Version   versionCommand    `cmd:"" help:"Print the version."`
}

type adminCommands struct {
	Add adminAddCommand `cmd:"" help:"Add somebody to the town hall and print a one-time link."`
}

type merchantCommand struct {
	Add   merchantAddCommand   `cmd:"" help:"Add a merchant and print a one-time link to hand over."`
	Alias merchantAliasCommand `cmd:"" help:"Name an account elsewhere as the merchant's own, so that it can move here."`
	Move  merchantMoveCommand  `cmd:"" help:"Move a merchant to another account, with its followers."`
}

// env is what a command gets besides its own flags.
type env struct {
	ctx    context.Context
	config config.Config
	log    *slog.Logger
	out    io.Writer
}

// print writes a command's answer.
func (e *env) print(answer any) error {
	enc := json.NewEncoder(e.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(answer)
}

// ok is the answer of commands that have nothing else to say.
var ok = map[string]bool{"ok": true}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr, time.Now)
	stop()
	os.Exit(code)
}

// run carries out one command line and returns the exit status: 0, 1 where the command
// failed, 2 where the command line or the configuration is wrong. It is what time now says.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer, now func() time.Time) int {
	var cmd commands
	exited, status := false, 0
	parser, err := kong.New(&cmd,
		kong.Name("bourg"),
		kong.Description("A town's own network: its merchants' news, for everyone who follows them."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exited, status = true, code }),
		kong.UsageOnError(),
	)
	if err != nil {
		fmt.Fprintln(stderr, "bourg:", err)
		return 2
	}
	parsed, err := parser.Parse(args)
	if exited {
		return status
	}
	if err != nil {
		fmt.Fprintln(stderr, "bourg:", err)
		return 2
	}
	cfg, err := config.Load(environ)
	if err != nil {
		fmt.Fprintln(stderr, "bourg:", oneLine(err))
		return 2
	}
	cfg.Now = now
	e := &env{ctx: ctx, config: cfg, out: stdout, log: newLog(stderr, parsed.Command())}
	if err := parsed.Run(e); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(stderr, "bourg:", oneLine(err))
		return 1
	}
	return 0
}

// newLog logs while a server runs, and only what is wrong beside another command, whose
// standard error is for its one sentence. Programs get JSON, a person at a terminal gets text.
func newLog(w io.Writer, command string) *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.LevelInfo}
	if command != "serve" && command != "demo" {
		options.Level = slog.LevelError
	}
	if f, isFile := w.(*os.File); isFile {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return slog.New(slog.NewTextHandler(w, options))
		}
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
