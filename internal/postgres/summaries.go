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

// stillThere is the condition under which what a group met (ga) may stand in its summary: the post is not withdrawn and its
// merchant still wishes to be announced; a neighbour's is still here and shown.
const stillThere = `(EXISTS (
		SELECT FROM posts p JOIN ` + memberTables + ` ON m.id = p.merchant_id WHERE p.id = ga.post_id AND p.withdrawn_at IS NULL AND ` + memberAnnounced + `
	) OR EXISTS (
		SELECT FROM ` + foreignTables + ` WHERE f.id = ga.foreign_id AND ` + shownForeign + `
	))`

// summariesDue selects the groups that are on, have no summary for day $1, and met something between $2 and $3 that they had no
// room for.
const summariesDue = `
	SELECT g.id FROM groups g
	 WHERE g.active AND NOT EXISTS (SELECT FROM group_summaries s WHERE s.group_id = g.id AND s.day = $1::text::date)
	   AND EXISTS (
		SELECT FROM group_announces ga
		 WHERE ga.group_id = g.id AND ga.activity_id IS NULL AND ga.summary_id IS NULL AND ga.leaves_at > $2 AND ga.leaves_at <= $3 AND ` + stillThere + `)
	 ORDER BY g.id`

// SummariesDue implements town.SummaryStore.
func (s *Store) SummariesDue(ctx context.Context, day string, since, now time.Time) ([]uuid.UUID, error) {
	rows, _ := s.pool.Query(ctx, summariesDue, day, since, now)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	return ids, mapped("list summaries that are due", err)
}

// AddSummary implements town.SummaryStore.
func (s *Store) AddSummary(
	ctx context.Context, sum *town.GroupSummary, since time.Time, write func(*town.GroupSummary) (town.Outgoing, error),
) error {
	return s.changeGroups(ctx, "add summary", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT FROM groups WHERE id = $1 FOR NO KEY UPDATE`, sum.Group.ID); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO group_summaries (id, group_id, day, published_at) VALUES ($1, $2, $3::text::date, $4) ON CONFLICT DO NOTHING`,
			sum.ID, sum.Group.ID, sum.Day, sum.Published)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return town.ErrChanged
		}
		tag, err = tx.Exec(ctx, `
			UPDATE group_announces ga SET summary_id = $1
			 WHERE ga.group_id = $2 AND ga.activity_id IS NULL AND ga.summary_id IS NULL AND ga.leaves_at > $3 AND ga.leaves_at <= $4 AND `+stillThere,
			sum.ID, sum.Group.ID, since, sum.Published)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return town.ErrChanged
		}
		whole, err := summaryWhere(ctx, tx, sum.ID)
		if err != nil {
			return err
		}
		out, err := write(whole)
		if err != nil {
			return err
		}
		return s.addOutgoing(ctx, tx, out)
	})
}

// Summary implements town.SummaryStore.
func (s *Store) Summary(ctx context.Context, id uuid.UUID) (*town.GroupSummary, error) {
	sum, err := summaryWhere(ctx, s.pool, id)
	return sum, mapped("read summary", err)
}

// SummaryDays implements town.GroupStore.
func (s *Store) SummaryDays(ctx context.Context, group uuid.UUID, n int) ([]town.SummaryDay, error) {
	rows, _ := s.pool.Query(ctx, `SELECT id, published_at FROM group_summaries WHERE group_id = $1 ORDER BY day DESC LIMIT $2`, group, n)
	days, err := pgx.CollectRows(rows, pgx.RowToStructByPos[town.SummaryDay])
	return days, mapped("list summaries", err)
}

func summaryWhere(ctx context.Context, tx db, id uuid.UUID) (*town.GroupSummary, error) {
	var sum town.GroupSummary
	var group uuid.UUID
	err := tx.QueryRow(ctx, `SELECT id, group_id, to_char(day, 'YYYY-MM-DD'), published_at, updated_at FROM group_summaries WHERE id = $1`, id).Scan(
		&sum.ID, &group, &sum.Day, &sum.Published, (*zeronull.Timestamptz)(&sum.Updated))
	if err != nil {
		return nil, err
	}
	rows, _ := tx.Query(ctx, `SELECT `+groupColumns+`, 0 FROM `+groupTables+` WHERE g.id = $1`, group)
	if sum.Group, err = pgx.CollectExactlyOneRow(rows, scanGroup); err != nil {
		return nil, err
	}
	type row struct{ Post, Foreign *uuid.UUID }
	rows, _ = tx.Query(ctx, `
		SELECT ga.post_id, ga.foreign_id FROM group_announces ga WHERE ga.summary_id = $1 AND `+stillThere+` ORDER BY ga.leaves_at, ga.object`, id)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return nil, err
	}
	sum.Further = max(0, len(list)-town.MaxSummary)
	list = list[:len(list)-sum.Further]
	var posts, foreign []uuid.UUID
	for _, r := range list {
		if r.Post != nil {
			posts = append(posts, *r.Post)
		} else if r.Foreign != nil {
			foreign = append(foreign, *r.Foreign)
		}
	}
	own, err := postsWhere(ctx, tx, `p.id = ANY($1)`, notNil(posts))
	if err != nil {
		return nil, err
	}
	rows, _ = tx.Query(ctx, `SELECT `+foreignColumns+` FROM `+foreignTables+` WHERE f.id = ANY($1)`, notNil(foreign))
	others, err := pgx.CollectRows(rows, scanForeign)
	if err != nil {
		return nil, err
	}
	entries := make(map[uuid.UUID]town.GroupEntry, len(list))
	for _, p := range own {
		entries[p.ID] = town.GroupEntry{Post: p}
	}
	for _, f := range others {
		entries[f.ID] = town.GroupEntry{Foreign: f}
	}
	for _, r := range list {
		id := r.Foreign
		if r.Post != nil {
			id = r.Post
		}
		if e, ok := entries[*id]; ok {
			sum.Entries = append(sum.Entries, e)
		}
	}
	return &sum, nil
}

// leaveSummaries has the summaries corrected in which a post stands that is withdrawn.
func (s *Store) leaveSummaries(ctx context.Context, tx pgx.Tx, post uuid.UUID) error {
	tag, err := tx.Exec(ctx, `
		UPDATE group_summaries SET stale = true
		 WHERE id IN (SELECT summary_id FROM group_announces WHERE post_id = $1 AND summary_id IS NOT NULL)`, post)
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	_, err = s.jobs.InsertTx(ctx, tx, jobs.Groups{}, nil)
	return err
}

// noteGone marks the summaries in which neighbours' posts stood that are here no more.
const noteGone = `
	WITH gone AS (
		UPDATE group_announces SET undone_at = now()
		 WHERE post_id IS NULL AND foreign_id IS NULL AND undone_at IS NULL AND activity_id IS NULL RETURNING summary_id
	)
	UPDATE group_summaries SET stale = true WHERE id IN (SELECT summary_id FROM gone)`

// StaleSummaries implements town.SummaryStore. Where a neighbour's post went by whatever way, this is when it is noted.
func (s *Store) StaleSummaries(ctx context.Context, n int) ([]uuid.UUID, error) {
	_, err := s.pool.Exec(ctx, noteGone)
	if err != nil {
		return nil, mapped("note what is gone from summaries", err)
	}
	rows, _ := s.pool.Query(ctx, `SELECT id FROM group_summaries WHERE stale ORDER BY id LIMIT $1`, n)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	return ids, mapped("list summaries to correct", err)
}

// CorrectSummary implements town.SummaryStore.
func (s *Store) CorrectSummary(
	ctx context.Context, id uuid.UUID, at time.Time, write func(*town.GroupSummary) (town.Outgoing, []byte, error),
) error {
	return s.changeGroups(ctx, "correct summary", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE group_summaries SET stale = false WHERE id = $1 AND stale`, id)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return town.ErrChanged
		}
		sum, err := summaryWhere(ctx, tx, id)
		if err != nil {
			return err
		}
		out, create, err := write(sum)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE group_summaries SET updated_at = $2 WHERE id = $1`, id, sum.Updated); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE activities SET json = $2 WHERE id = $1`, id, create); err != nil {
			return err
		}
		return s.addOutgoing(ctx, tx, out)
	})
}
