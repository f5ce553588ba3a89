package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"bourg/internal/town"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// Store is the town's database. It is safe for concurrent use.
type Store struct {
	pool      *pgxpool.Pool
	addresses town.Addresses
	host      string // our own, canonical
	log       *slog.Logger
	now       func() time.Time
	jobs      *river.Client[pgx.Tx] // inserts only

	generation atomic.Uint64
	blocks     blockList
	sent       activityCache
	merchants  merchantCache
	fills      asked
	externals  externalCache
	turn       atomic.Pointer[string] // host at which the last round over hosts ended, see ClaimDeliveries
}

// Options is what a Store needs beside its database.
type Options struct {
	Addresses town.Addresses   // of this server; must be given
	Log       *slog.Logger     // nil: slog.Default()
	Now       func() time.Time // nil: time.Now
}

// Limits of a connection. What a page or an activity needs takes milliseconds; whatever
// takes longer must end before it holds up others.
const (
	statementTimeout         = "10s"
	lockTimeout              = "5s"
	idleInTransactionTimeout = "30s"
	defaultConnections       = 16
)

// Open connects to a database whose schema Migrate has brought up to date. The number of
// connections is 16 unless the URL says otherwise (pool_max_conns). It logs a warning
// where the server does not promise to keep what it has committed.
func Open(ctx context.Context, databaseURL string, o Options) (*Store, error) {
	config, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("read database URL: %w", err)
	}
	if !strings.Contains(databaseURL, "pool_max_conns") {
		config.MaxConns = defaultConnections
	}
	params := config.ConnConfig.RuntimeParams
	params["application_name"] = "bourg"
	params["statement_timeout"] = statementTimeout
	params["lock_timeout"] = lockTimeout
	params["idle_in_transaction_session_timeout"] = idleInTransactionTimeout
	params["timezone"] = "UTC"
	// Every statement is short, has its index and is run again and again: planning it each time
	// would take longer than running it (0.6 ms of 0.8 for a page of the feed, BenchmarkFeed). A plan that is made
	// while a table is still empty must not read it from end to end once it is not.
	params["plan_cache_mode"] = "force_generic_plan"
	params["enable_seqscan"] = "off"
	params["jit"] = "off" // what has no index costs "too much" on paper then
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		conn.TypeMap().RegisterType(&pgtype.Type{
			Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
		})
		return nil
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	s, err := NewFromPool(pool, o)
	if err != nil {
		pool.Close()
		return nil, err
	}
	if err := s.Ready(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	if err := s.warnOfLoss(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return s, nil
}

// NewFromPool makes a Store of connections that exist already. Close closes them.
func NewFromPool(pool *pgxpool.Pool, o Options) (*Store, error) {
	if o.Addresses.Base == nil {
		return nil, errors.New("open the store: the server's own address is missing")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	jobs, err := river.NewClient(riverpgxv5.New(pool), &river.Config{Logger: o.Log})
	if err != nil {
		return nil, fmt.Errorf("open job queue: %w", err)
	}
	return &Store{
		pool: pool, addresses: o.Addresses, host: o.Addresses.SharedInbox().Host(), log: o.Log, now: o.Now, jobs: jobs,
	}, nil
}

// Close closes all connections, once those in use have come back.
func (s *Store) Close() { s.pool.Close() }

// Pool returns the connections, for River's workers.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Ready tells whether the database answers.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.pool.Ping(ctx); err != nil {
		return fmt.Errorf("reach database: %w", err)
	}
	return nil
}

// Durable answers an error that names the settings under which a power cut could take
// what the server has acknowledged.
func (s *Store) Durable(ctx context.Context) error {
	off, err := s.notDurable(ctx)
	if err == nil && len(off) > 0 {
		err = fmt.Errorf("PostgreSQL may lose what it has acknowledged when the power goes: %s is off", strings.Join(off, ", "))
	}
	return err
}

// warnOfLoss logs what Durable answers.
func (s *Store) warnOfLoss(ctx context.Context) error {
	off, err := s.notDurable(ctx)
	for _, name := range off {
		s.log.Warn("PostgreSQL may lose what it has acknowledged when the power goes", "setting", name, "value", "off")
	}
	return err
}

func (s *Store) notDurable(ctx context.Context) ([]string, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT name FROM pg_settings
		 WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') AND setting = 'off'`)
	off, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read the server's settings: %w", err)
	}
	return off, nil
}

// Generation counts what has changed in what people and peers read, as far as this
// process knows: its own commits, and those of others that Listen heard of. What was
// made of the database under an older number may be out of date.
func (s *Store) Generation() uint64 { return s.generation.Load() }

func (s *Store) changed() { s.generation.Add(1) }
