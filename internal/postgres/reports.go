package postgres

import (
	"context"
	"time"

	"bourg/internal/jobs"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

var _ town.ReportStore = (*Store)(nil)

const (
	reportsPerHost = 10 // an hour
	// reportMails is how long no second mail tells of reports: whoever opens the first sees them all.
	reportMails = 30 * time.Minute
)

// AddReport implements town.InboxStore.
func (s *Store) AddReport(ctx context.Context, in town.Received, r *town.Report, mails bool) error {
	return s.receiveInTx(ctx, "add report", in, func(tx pgx.Tx, sender int64) error {
		var recent, ofHost int
		err := tx.QueryRow(ctx, `
			SELECT count(*) FILTER (WHERE r.received_at > $3), count(*) FILTER (WHERE a.host = $1)
			  FROM reports r JOIN remote_actors a ON a.id = r.actor_id WHERE r.received_at > $2`,
			in.Sender.ID.Host(), r.Received.Add(-time.Hour), r.Received.Add(-reportMails)).Scan(&recent, &ofHost)
		if err != nil {
			return err
		}
		if ofHost >= reportsPerHost {
			return town.ErrTooMany
		}
		posts := r.Posts
		if posts == nil {
			posts = []uuid.UUID{}
		}
		err = tx.QueryRow(ctx, `
			INSERT INTO reports (merchant_id, posts, actor_id, words, received_at, hall, hall_relay, flag_id, category)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING number`,
			r.Merchant, posts, sender, r.Words, r.Received, r.Hall, string(r.HallRelay), string(r.Flag), string(r.Category)).Scan(&r.Number)
		if err != nil || !mails || recent > 0 {
			return err
		}
		return s.mailTownHall(ctx, tx, "report", map[string]string{"link": string(s.addresses.Reports())})
	})
}

// mailTownHall asks for one mail to each person of the town hall who has an address.
func (s *Store) mailTownHall(ctx context.Context, tx pgx.Tx, template string, data map[string]string) error {
	rows, _ := tx.Query(ctx, `SELECT email FROM logins WHERE town_hall AND email IS NOT NULL AND disabled_at IS NULL ORDER BY email LIMIT 20`)
	emails, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, email := range emails {
		if _, err := s.jobs.InsertTx(ctx, tx, jobs.Mail{To: email, Template: template, Data: data}, nil); err != nil {
			return err
		}
	}
	return nil
}

// Reports implements town.ReportStore, with a query for the reports, one for their shops and one for the posts.
func (s *Store) Reports(ctx context.Context, open bool, before int64, n int) ([]town.ReportedCase, error) {
	condition, args := `r.decided_at IS NULL ORDER BY r.number LIMIT $1`, []any{n}
	if !open {
		condition, args = `r.decided_at IS NOT NULL AND ($2 = 0 OR r.number < $2) ORDER BY r.number DESC LIMIT $1`, []any{n, before}
	}
	rows, _ := s.pool.Query(ctx, `
		SELECT r.number, r.merchant_id, r.posts, r.words, r.received_at, r.decided_at, r.note, r.hall, r.hall_relay, r.flag_id, r.category,
		       a.iri, a.name, a.handle, a.url, a.host
		  FROM reports r JOIN remote_actors a ON a.id = r.actor_id WHERE `+condition, args...)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (town.ReportedCase, error) {
		var c town.ReportedCase
		err := row.Scan(&c.Number, &c.Merchant, &c.Posts, &c.Words, &c.Received, (*zeronull.Timestamptz)(&c.Decided), &c.Note,
			&c.Hall, &c.HallRelay, &c.Flag, &c.Category,
			&c.Actor.ID, &c.Actor.Name, &c.Actor.Handle, &c.Actor.URL, &c.Actor.Host)
		return c, err
	})
	if err != nil {
		return nil, mapped("list reports", err)
	}
	var posts, shops []uuid.UUID
	for _, c := range list {
		posts, shops = append(posts, c.Posts...), append(shops, c.Merchant)
	}
	byID, err := s.postsByID(ctx, posts)
	if err != nil {
		return nil, mapped("read reported posts", err)
	}
	merchants, err := s.merchantsByID(ctx, shops)
	if err != nil {
		return nil, mapped("read reported shops", err)
	}
	for i := range list {
		list[i].Shop = merchants[list[i].Merchant]
		for _, id := range list[i].Posts {
			if p := byID[id]; p != nil && p.Withdrawn.IsZero() {
				list[i].About = append(list[i].About, p)
			}
		}
	}
	return list, nil
}

// OpenReports implements town.ReportStore.
func (s *Store) OpenReports(ctx context.Context) (int, error) {
	var n int
	err := s.pool.QueryRow(ctx, `SELECT count(*) FROM reports WHERE decided_at IS NULL`).Scan(&n)
	return n, mapped("count reports", err)
}

// DecideReport implements town.ReportStore.
func (s *Store) DecideReport(
	ctx context.Context, number int64, by uuid.UUID, note string, at time.Time, answer func(*town.Report) (town.Outgoing, error),
) error {
	return s.inTx(ctx, "decide report", func(tx pgx.Tx) error {
		r := town.Report{Number: number}
		err := tx.QueryRow(ctx, `
			UPDATE reports SET note = $3, decided_at = coalesce(decided_at, $4), decided_by = $2 WHERE number = $1
			RETURNING hall, hall_relay, flag_id, category`, number, nullID(by), note, at).Scan(&r.Hall, &r.HallRelay, &r.Flag, &r.Category)
		if err != nil || r.Hall == "" {
			return err
		}
		out, err := answer(&r)
		if err != nil {
			return err
		}
		return s.addOutgoing(ctx, tx, out)
	})
}
