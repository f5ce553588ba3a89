package town

import (
	"context"
	"errors"
	"strings"

	"bourg/federation"

	"github.com/google/uuid"
)

// What is kept of a report: as much as a person can look at.
const (
	reportPosts = 20   // posts
	reportWords = 2000 // runes
	// reportsAgain is after how many seconds a server that has reported too much may report again.
	reportsAgain = 3600
)

// flag keeps what a peer reports about a merchant and the merchant's posts. Mastodon and others send it in the name
// of their server, not of the person who reports.
func (r *Receiver) flag(ctx context.Context, in *federation.Incoming) error {
	act := in.Activity
	objects := act.ObjectIDs
	if len(objects) == 0 {
		objects = []federation.IRI{act.ObjectID}
	}
	report := &Report{Received: in.Received, Words: cutRunes(strings.TrimSpace(r.Line(act.Content)), reportWords)}
	if k, err := r.Neighbours.hall(ctx, in); err != nil {
		return err
	} else if k != nil {
		report.Hall, report.HallRelay, report.Flag, report.Category = k.label(), k.Relay.ID, act.ID, readCategory(in.JSON)
	}
	for _, o := range objects[:min(len(objects), reportPosts+1)] { // the merchant, and the posts
		merchant, post, err := r.reported(ctx, o)
		if errors.Is(err, federation.ErrIgnored) {
			continue // of another server, or no more
		}
		if err != nil {
			return err
		}
		if report.Merchant == uuid.Nil {
			report.Merchant = merchant
		}
		if post != uuid.Nil && len(report.Posts) < reportPosts {
			report.Posts = append(report.Posts, post)
		}
	}
	if report.Merchant == uuid.Nil {
		return federation.ErrIgnored
	}
	err := r.Store.AddReport(ctx, received(in), report, r.Mails)
	if errors.Is(err, ErrTooMany) {
		return &federation.Refusal{Status: 429, Code: "reports", RetryAfter: reportsAgain}
	}
	return err
}

// reported finds the merchant whom a reported id names, or whose public post it names.
func (r *Receiver) reported(ctx context.Context, id federation.IRI) (merchant, post uuid.UUID, err error) {
	if post, ok := r.post(id); ok {
		_, merchant, err = r.Store.PublicPost(ctx, post)
		return merchant, post, unlessMissing(err)
	}
	merchant, err = r.merchant(ctx, id)
	return merchant, uuid.Nil, err
}
