package postgres

import (
	"context"

	"bourg/internal/town"
)

// The news of those whom a group announces, behind a cursor ($1, $2), at most $3. The whole town's is read in the order of time;
// of a few merchants each one's latest are looked up, and the latest of these taken.
const (
	townFeedPage = inFeed + ` AND ` + announcedMerchant + ` AND (p.published_at, p.id) < ($1, $2)
		ORDER BY p.published_at DESC, p.id DESC LIMIT $3`
	groupFeedPage = `p.id IN (
			SELECT latest.id FROM groups g, ` + memberTables + ` CROSS JOIN LATERAL (
				SELECT p.id, p.published_at FROM posts p WHERE p.merchant_id = m.id AND ` + inFeed + ` AND (p.published_at, p.id) < ($1, $2)
				 ORDER BY p.published_at DESC, p.id DESC LIMIT $3
			) latest
			 WHERE g.id = $4 AND ` + memberAnnounced + ` AND ` + inGroup + `
			 ORDER BY latest.published_at DESC, latest.id DESC LIMIT $3
		) ORDER BY p.published_at DESC, p.id DESC`
)

// GroupFeed implements town.GroupStore.
func (s *Store) GroupFeed(ctx context.Context, g *town.Group, before town.Cursor, n int) ([]town.GroupEntry, error) {
	top := fromTop(before)
	var posts []*town.Post
	var err error
	if g.Kind.Own() {
		posts, err = postsWhere(ctx, s.pool, townFeedPage, top.At, top.ID, n)
	} else {
		posts, err = postsWhere(ctx, s.pool, groupFeedPage, top.At, top.ID, n, g.ID)
	}
	if err != nil {
		return nil, mapped("read a group's news", err)
	}
	var foreign []*town.ForeignPost
	if g.Kind == town.GroupAround {
		if foreign, err = s.ForeignFeed(ctx, "", before, n); err != nil {
			return nil, err
		}
	}
	return merged(posts, foreign, n), nil
}

// merged puts both lists, newest first each, into one of at most n.
func merged(posts []*town.Post, foreign []*town.ForeignPost, n int) []town.GroupEntry {
	entries := make([]town.GroupEntry, 0, min(n, len(posts)+len(foreign)))
	for len(entries) < n && (len(posts) > 0 || len(foreign) > 0) {
		if len(foreign) == 0 || (len(posts) > 0 && standsBefore(town.After(posts[0]), town.GroupEntry{Foreign: foreign[0]}.Cursor())) {
			entries, posts = append(entries, town.GroupEntry{Post: posts[0]}), posts[1:]
		} else {
			entries, foreign = append(entries, town.GroupEntry{Foreign: foreign[0]}), foreign[1:]
		}
	}
	return entries
}

// standsBefore tells whether a stands before b in a list that begins with the newest.
func standsBefore(a, b town.Cursor) bool {
	if !a.At.Equal(b.At) {
		return a.At.After(b.At)
	}
	return a.ID.String() > b.ID.String()
}
