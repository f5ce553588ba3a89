package postgres

import (
	"context"
	"time"

	"bourg/federation"
	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

var _ town.AnnounceStore = (*Store)(nil)

// takeRoom notes that a group announces an object, and tells whether the Announce is to be written: the group is on, it
// has not met the object before, and there is room on that day. The group's row is locked until the end of the transaction, so
// that two at once are counted one after the other; what locks several groups does it in the order of their ids.
func (s *Store) takeRoom(ctx context.Context, tx db, out town.Outgoing) (room bool, err error) {
	a := out.Announcement
	var on, met bool
	if err := tx.QueryRow(ctx, `SELECT active FROM groups WHERE id = $1 FOR NO KEY UPDATE`, out.Actor).Scan(&on); err != nil || !on {
		return false, err
	}
	var today, ofAuthor int
	// A statement of its own: it sees what others have written before they let go of the lock.
	if err := tx.QueryRow(ctx, roomOfDay, out.Actor, a.Object, a.Author, a.Day).Scan(&met, &today, &ofAuthor); err != nil || met {
		return false, err
	}
	room = town.MayAnnounce(today, ofAuthor)
	activity := uuid.Nil
	if room {
		activity = out.ID
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO group_announces (group_id, object, post_id, foreign_id, author, day, leaves_at, activity_id, carries)
		VALUES ($1, $2, $3, $4, $5, $6::text::date, $7, $8, $9)`,
		out.Actor, a.Object, nullID(a.Post), nullID(a.Foreign), a.Author, a.Day, out.Leaves, nullID(activity), nullID(a.Carries))
	return room, err
}

// roomOfDay tells whether group $1 has met the object $2, and counts what it announced on day $4, in all and of author $3.
const roomOfDay = `
	SELECT EXISTS (SELECT FROM group_announces WHERE group_id = $1 AND object = $2),
	       count(activity_id), count(activity_id) FILTER (WHERE author = $3)
	  FROM group_announces WHERE group_id = $1 AND day = $4::text::date`

// AroundGroup implements town.AnnounceStore.
func (s *Store) AroundGroup(ctx context.Context) (*town.Group, error) {
	return s.oneGroup(ctx, `g.kind = $1`, string(town.GroupAround))
}

// hearAround notes that the group for the surroundings has to look at a neighbour's post that has just come, if it is new.
func hearAround(ctx context.Context, tx db, object federation.IRI, id uuid.UUID) (heard bool, err error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO around_news (foreign_id, heard_at) SELECT id, now() FROM foreign_posts WHERE object_id = $1 AND id = $2
		ON CONFLICT DO NOTHING`, string(object), id)
	return tag.RowsAffected() > 0, err
}

// aroundNews selects what was heard of, was published after $1 and is shown.
const aroundNews = `
	SELECT ` + foreignColumns + ` FROM around_news w, ` + foreignTables + `
	 WHERE f.id = w.foreign_id AND f.published_at > $1 AND ` + shownForeign + ` ORDER BY w.heard_at, f.id LIMIT $2`

// AroundNews implements town.AnnounceStore.
func (s *Store) AroundNews(ctx context.Context, published time.Time, n int) ([]*town.ForeignPost, error) {
	rows, _ := s.pool.Query(ctx, aroundNews, published, n)
	list, err := pgx.CollectRows(rows, scanForeign)
	return list, mapped("list neighbours' latest news", err)
}

// AnnounceForeign implements town.AnnounceStore.
func (s *Store) AnnounceForeign(ctx context.Context, out town.Outgoing) error {
	return s.inTx(ctx, "announce a neighbour's post", func(tx pgx.Tx) error {
		// Whoever takes it from the list announces it; that it was withdrawn in the meantime shows here too.
		tag, err := tx.Exec(ctx, `DELETE FROM around_news WHERE foreign_id = $1`, out.Announcement.Foreign)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return s.addOutgoing(ctx, tx, out)
	})
}

// ForgetAroundNews implements town.AnnounceStore.
func (s *Store) ForgetAroundNews(ctx context.Context, before time.Time) error {
	_, err := s.pool.Exec(ctx, `DELETE FROM around_news WHERE heard_at < $1`, before)
	return mapped("forget neighbours' news", err)
}

// goneAnnounces selects announcements after $1 of what is here no more.
const goneAnnounces = `
	SELECT g.group_id, g.activity_id, a.object_id FROM group_announces g JOIN activities a ON a.id = g.activity_id
	 WHERE g.post_id IS NULL AND g.foreign_id IS NULL AND g.activity_id IS NOT NULL AND g.undone_at IS NULL AND g.leaves_at > $1
	 ORDER BY g.leaves_at LIMIT $2`

// GoneAnnounces implements town.AnnounceStore.
func (s *Store) GoneAnnounces(ctx context.Context, after time.Time, n int) ([]town.GoneAnnounce, error) {
	rows, _ := s.pool.Query(ctx, goneAnnounces, after, n)
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[town.GoneAnnounce])
	return list, mapped("list what is gone", err)
}

// UndoAnnounce implements town.AnnounceStore.
func (s *Store) UndoAnnounce(ctx context.Context, gone town.GoneAnnounce, at time.Time, undo town.Outgoing) error {
	return s.inTx(ctx, "undo an announcement", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE group_announces SET undone_at = $2 WHERE activity_id = $1 AND foreign_id IS NULL AND undone_at IS NULL`, gone.Activity, at)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return town.ErrChanged
		}
		if _, err := tx.Exec(ctx, `UPDATE activities SET listed = false, public = false WHERE id = $1`, gone.Activity); err != nil {
			return err
		}
		return s.addOutgoing(ctx, tx, undo)
	})
}
