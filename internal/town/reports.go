package town

import (
	"context"
	"strings"
	"time"

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
	// DecideReport closes a report with a note; a decided one gets the new note. ErrNotFound.
	DecideReport(ctx context.Context, number int64, by uuid.UUID, note string, at time.Time) error
}

// Reports is the town hall's side of what peers report. Only the town hall and the operator may.
type Reports struct {
	Store    ReportStore
	Accounts AccountStore
	Now      func() time.Time
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

// Decide closes a report with a note of what was decided: Invalid with note.empty or note.long, ErrNotFound.
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
	return r.Store.DecideReport(ctx, number, by.Login, note, r.Now())
}
