package town

import (
	"context"
	"strings"
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// Report is what somebody on another server reports to the town hall about a merchant.
type Report struct {
	Number   int64 // of the receipt, counted from 1
	Merchant uuid.UUID
	Posts    []uuid.UUID
	Actor    RemoteActor // who sent it, most often a server's own actor
	Words    string      // one line of plain text, "" where none were sent
	Received time.Time
	Decided  time.Time // zero: open
	Note     string    // what was decided

	// Of a report by another town's hall: the town's name, its relay, the Flag, and for what reason. Hall is "" for any other.
	Hall      string
	HallRelay federation.IRI
	Flag      federation.IRI
	Category  Category
}

// ReportedCase is a report with what it is about.
type ReportedCase struct {
	Report
	Shop  *Merchant
	About []*Post // those of the posts that are still to be read
}

// ReportStore keeps reports.
type ReportStore interface {
	// Reports lists the open ones, oldest first, or those that are decided, newest first: below the number before
	// (0: from the first), at most n.
	Reports(ctx context.Context, open bool, before int64, n int) ([]ReportedCase, error)
	// OpenReports counts the open ones.
	OpenReports(ctx context.Context) (int, error)
	// DecideReport closes a report with a note; a decided one gets the new note. What answer makes of a report by another
	// town's hall is sent with it. ErrNotFound.
	DecideReport(ctx context.Context, number int64, by uuid.UUID, note string, at time.Time, answer func(*Report) (Outgoing, error)) error
	// RelayActor returns the server's own actor; ErrNotSetUp.
	RelayActor(ctx context.Context) (*LocalActor, error)
}

// Reports is the town hall's side of what peers report. Only the town hall and the operator may.
type Reports struct {
	Store    ReportStore
	Accounts AccountStore
	Now      func() time.Time

	Addresses Addresses
	Wake      func()
}

// MaxDecision is how many runes a decision has at most.
const MaxDecision = 2000

// reportsPage is how many reports are shown at once.
const reportsPage = 20

// Open returns the oldest open reports, and how many are open in all.
func (r *Reports) Open(ctx context.Context, by Author) ([]ReportedCase, int, error) {
	if err := mustRunTown(ctx, r.Accounts, by); err != nil {
		return nil, 0, err
	}
	n, err := r.Store.OpenReports(ctx)
	if err != nil {
		return nil, 0, err
	}
	list, err := r.Store.Reports(ctx, true, 0, reportsPage)
	return list, n, err
}

// Decided returns a page of the reports that are decided, newest first, and whether there are older ones.
func (r *Reports) Decided(ctx context.Context, by Author, before int64) ([]ReportedCase, bool, error) {
	if err := mustRunTown(ctx, r.Accounts, by); err != nil {
		return nil, false, err
	}
	list, err := r.Store.Reports(ctx, false, before, reportsPage+1)
	return list[:min(len(list), reportsPage)], len(list) > reportsPage, err
}

// Decide closes a report with a note of what was decided: Invalid with note.empty or note.long, ErrNotFound. A town hall that
// reported gets the note as its answer, each time that one is written.
func (r *Reports) Decide(ctx context.Context, by Author, number int64, note string) error {
	if err := mustRunTown(ctx, r.Accounts, by); err != nil {
		return err
	}
	note = strings.TrimSpace(strings.ToValidUTF8(strings.ReplaceAll(note, "\x00", ""), ""))
	switch n := len([]rune(note)); {
	case n == 0:
		return Invalid{"note": "note.empty"}
	case n > MaxDecision:
		return Invalid{"note": "note.long"}
	}
	relay, err := r.Store.RelayActor(ctx)
	if err != nil {
		return err
	}
	now := r.Now().UTC().Truncate(time.Second)
	err = r.Store.DecideReport(ctx, number, by.Login, note, now, func(report *Report) (Outgoing, error) {
		return r.Addresses.answerTo(relay, report, note, now)
	})
	if err == nil {
		r.Wake()
	}
	return err
}
