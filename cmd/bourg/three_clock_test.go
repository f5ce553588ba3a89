package main_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"bourg/internal/postgres/testdb"

	"github.com/jackc/pgx/v5"
)

// ownClock gives a town a clock that the test sets: of the program, which is the same code in the test's own binary, and of
// its database, in whose search path another now() comes first. Before setAhead it shows the machine's time.
func ownClock(tw *town) {
	tw.t.Helper()
	self, err := os.Executable()
	if err != nil {
		tw.t.Fatalf("find the test's own binary: %v", err)
	}
	tw.program = self
	tw.drop("BOURG_DATABASE_URL")
	tw.env = append(tw.env, "BOURG_DATABASE_URL="+testdb.Empty(tw.t))
	tw.exec(`CREATE SCHEMA town`)
	tw.setAhead(0)
	tw.exec(fmt.Sprintf(`ALTER DATABASE %s SET search_path = town, pg_catalog, public`, pgx.Identifier{tw.databaseName()}.Sanitize()))
	tw.run("migrate")
	// River writes when a job begins by the machine's clock and compares it with the database's.
	tw.exec(`CREATE FUNCTION town.at_once() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN NEW.scheduled_at := least(NEW.scheduled_at, town.now()); RETURN NEW; END'`)
	tw.exec(`CREATE TRIGGER at_once BEFORE INSERT OR UPDATE ON river_job FOR EACH ROW WHEN (NEW.state = 'available')
		EXECUTE FUNCTION town.at_once()`)
}

// setAhead sets the clock of a town that does not run: ahead of the machine's, or behind where by is negative.
func (tw *town) setAhead(by time.Duration) {
	tw.t.Helper()
	if tw.serving != nil {
		tw.t.Fatal("the clock of a town that runs stays as it is")
	}
	tw.drop("BOURG_TEST_AHEAD")
	tw.env = append(tw.env, "BOURG_TEST_AHEAD="+by.String())
	for _, name := range []string{"now", "clock_timestamp"} {
		tw.exec(fmt.Sprintf(`CREATE OR REPLACE FUNCTION town.%s() RETURNS timestamptz LANGUAGE sql STABLE
			AS 'SELECT pg_catalog.%s() + interval ''%d seconds'''`, name, name, int(by.Seconds())))
	}
}

// database is how the town's database is reached.
func (tw *town) database() string {
	tw.t.Helper()
	for _, v := range tw.env {
		if dsn, ok := strings.CutPrefix(v, "BOURG_DATABASE_URL="); ok {
			return dsn
		}
	}
	tw.t.Fatal("the town has no database of the test's")
	return ""
}

func (tw *town) databaseName() string {
	tw.t.Helper()
	dsn, err := url.Parse(tw.database())
	if err != nil {
		tw.t.Fatalf("read the database's URL: %v", err)
	}
	return strings.TrimPrefix(dsn.Path, "/")
}

// exec changes the town's database beside the program: what a test cannot wait for.
func (tw *town) exec(sql string, args ...any) {
	tw.t.Helper()
	tw.onDatabase(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, sql, args...)
		return err
	})
}

// counts returns the number that a query of the town's database finds.
func (tw *town) counts(sql string, args ...any) int {
	tw.t.Helper()
	var n int
	tw.onDatabase(func(ctx context.Context, c *pgx.Conn) error { return c.QueryRow(ctx, sql, args...).Scan(&n) })
	return n
}

func (tw *town) onDatabase(do func(context.Context, *pgx.Conn) error) {
	tw.t.Helper()
	ctx := context.WithoutCancel(tw.t.Context()) // also while the test is cleared up
	c, err := pgx.Connect(ctx, tw.database())
	if err == nil {
		defer c.Close(ctx)
		err = do(ctx, c)
	}
	if err != nil {
		tw.t.Fatalf("the database of %s: %v", tw.host, err)
	}
}

// The clocks of two towns differ by ten minutes, one way and the other. Their news flows all the same, nothing is refused,
// and each page has the news in a sane order.
func TestTheClocksOfTownsDiffer(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]time.Duration{"ahead": 10 * time.Minute, "behind": -10 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			off := newTown(t, ownClock)
			off.setAhead(by)
			off.start()
			right := startTown(t, vernede...)
			off.addMerchant("fournil", "Le Fournil", "boulangerie")
			right.addMerchant("potager", "Le Potager", "primeur")
			befriend(off, right)

			// Sent now, and made up for by a comparison: both ways round.
			for i := range 3 {
				off.publish("fournil", fmt.Sprintf("Fournée numéro %d.", i))
				right.publish("potager", fmt.Sprintf("Récolte numéro %d.", i))
			}
			for i := range 3 {
				eventually(t, "news of the town whose clock is off", func() error { return right.shows("/voisins", fmt.Sprintf("Fournée numéro %d.", i)) })
				eventually(t, "news for the town whose clock is off", func() error { return off.shows("/voisins", fmt.Sprintf("Récolte numéro %d.", i)) })
			}
			right.showsInOrder("/voisins", "Fournée numéro 2.", "Fournée numéro 1.", "Fournée numéro 0.")
			off.showsInOrder("/voisins", "Récolte numéro 2.", "Récolte numéro 1.", "Récolte numéro 0.")
			edited := off.publish("fournil", "Encore vingt pains.")
			eventually(t, "one more", func() error { return right.shows("/voisins", "Encore vingt pains.") })
			off.run("edit", edited.ID, "--text", "Encore dix pains.")
			eventually(t, "the edit", func() error { return right.shows("/voisins", "Encore dix pains.") })
			off.run("withdraw", edited.ID)
			eventually(t, "the withdrawal", func() error { return right.showsNot("/voisins", "Encore dix pains.") })
			for _, tw := range []*town{off, right} {
				tw.settled()
				if refused := tw.log.lines(`"inbox refused"`); len(refused) > 0 {
					t.Errorf("%s refused: %v", tw.host, refused)
				}
				if n := tw.counts(`SELECT coalesce(sum(abandoned), 0) FROM activities`); n != 0 {
					t.Errorf("%s gave %d deliveries up", tw.host, n)
				}
			}
		})
	}
}
