package localpg

import (
	"testing"
)

// A password never stands on a command line, which everybody on the machine can read.
func TestPasswordsAreTakenOutOfAddresses(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string][2]string{
		"postgres://bourg:s%40cret@db.example:5432/bourg?sslmode=require": {"postgres://bourg@db.example:5432/bourg?sslmode=require", "s@cret"},
		"postgresql:///bourg?host=/run&password=secret&user=b":            {"postgresql:///bourg?host=%2Frun&user=b", "secret"},
		"postgres://bourg@/bourg?host=/run":                               {"postgres://bourg@/bourg?host=/run", ""},
		"host=db user=bourg password=secret dbname=bourg":                 {"host=db user=bourg  dbname=bourg", "secret"},
		`password = 'it\'s \\ mine' host=db`:                              {"host=db", `it's \ mine`},
		"host=db dbname=bourg":                                            {"host=db dbname=bourg", ""},
	} {
		if open, password := withoutPassword(dsn); open != want[0] || password != want[1] {
			t.Errorf("%s: got %q and %q, want %q", dsn, open, password, want)
		}
	}
}
