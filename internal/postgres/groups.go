package postgres

import (
	"context"
	"errors"
	"fmt"

	"bourg/internal/town"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

var _ town.GroupStore = (*Store)(nil)

// announcedMerchant is the condition under which groups announce the news of a merchant m with actor a.
const announcedMerchant = `m.announced AND m.moved IS NULL AND a.deleted_at IS NULL`

// inGroup is the condition under which a merchant m belongs to a group g.
const inGroup = `CASE g.kind WHEN 'trade' THEN m.trade = g.trade
	WHEN 'market' THEN EXISTS (SELECT FROM group_members gm WHERE gm.group_id = g.id AND gm.merchant_id = m.id)
	WHEN 'collective' THEN EXISTS (SELECT FROM group_members gm WHERE gm.group_id = g.id AND gm.merchant_id = m.id)
	ELSE true END`

// groupColumns are what scanGroup reads, of groupTables.
const groupColumns = `g.id, g.kind, a.handle, g.name, g.summary, g.trade, g.place, g.times, g.active, ` + publishedKeys + `, a.created_at, a.updated_at,
	(SELECT count(*) FROM followers f WHERE f.actor_id = g.id AND f.ended_at IS NULL)`

// groupMemberCount counts whose news a group g announces.
const groupMemberCount = `CASE g.kind
	WHEN 'trade' THEN (SELECT count(*) FROM ` + memberTables + ` WHERE m.trade = g.trade AND ` + memberAnnounced + `)
	WHEN 'market' THEN (SELECT count(*) FROM group_members gm JOIN ` + memberTables + ` ON m.id = gm.merchant_id WHERE gm.group_id = g.id AND ` + memberAnnounced + `)
	WHEN 'collective' THEN (SELECT count(*) FROM group_members gm JOIN ` + memberTables + ` ON m.id = gm.merchant_id WHERE gm.group_id = g.id AND ` + memberAnnounced + `)
	ELSE (SELECT count(*) FROM ` + memberTables + ` WHERE ` + memberAnnounced + `) END`

// The merchants of a group beside groupTables, where a is the group's own actor.
const (
	memberTables    = `(merchants m JOIN actors ma ON ma.id = m.id)`
	memberAnnounced = `m.announced AND m.moved IS NULL AND ma.deleted_at IS NULL`
)

const groupTables = `groups g JOIN actors a ON a.id = g.id`

func scanGroup(row pgx.CollectableRow) (*town.Group, error) {
	var g town.Group
	var keys []byte
	err := row.Scan(&g.ID, &g.Kind, &g.Handle, &g.Name, &g.Summary, (*zeronull.Text)(&g.Trade), &g.Where, &g.When, &g.On, &keys,
		&g.Created, &g.Updated, &g.Followers, &g.Members)
	if err != nil {
		return nil, err
	}
	g.Keys, err = readKeys(keys)
	return &g, err
}

// Groups implements town.GroupStore.
func (s *Store) Groups(ctx context.Context) ([]*town.Group, error) {
	list, err := s.groupsWhere(ctx, `true ORDER BY g.id LIMIT $1`, town.MaxGroups)
	return list, mapped("list groups", err)
}

// Group implements town.GroupStore.
func (s *Store) Group(ctx context.Context, id uuid.UUID) (*town.Group, error) {
	return s.oneGroup(ctx, `g.id = $1`, id)
}

// GroupByHandle implements town.GroupStore.
func (s *Store) GroupByHandle(ctx context.Context, handle string) (*town.Group, error) {
	return s.oneGroup(ctx, `a.handle = $1`, handle)
}

func (s *Store) oneGroup(ctx context.Context, condition string, arg any) (*town.Group, error) {
	list, err := s.groupsWhere(ctx, condition, arg)
	if err == nil && len(list) == 0 {
		err = pgx.ErrNoRows
	}
	if err != nil {
		return nil, mapped("read group", err)
	}
	return list[0], nil
}

func (s *Store) groupsWhere(ctx context.Context, condition string, args ...any) ([]*town.Group, error) {
	rows, _ := s.pool.Query(ctx, `SELECT `+groupColumns+`, `+groupMemberCount+` FROM `+groupTables+` WHERE `+condition, args...)
	return pgx.CollectRows(rows, scanGroup)
}

// groupsOf selects the groups that announce the merchant $1. Nothing is counted.
const groupsOf = `
	SELECT ` + groupColumns + `, 0 FROM ` + groupTables + `
	 WHERE g.active AND EXISTS (SELECT FROM ` + memberTables + ` WHERE m.id = $1 AND ` + memberAnnounced + ` AND ` + inGroup + `)
	 ORDER BY g.id`

// GroupsOf implements town.GroupStore.
func (s *Store) GroupsOf(ctx context.Context, merchant uuid.UUID) ([]*town.Group, error) {
	rows, _ := s.pool.Query(ctx, groupsOf, merchant)
	list, err := pgx.CollectRows(rows, scanGroup)
	return list, mapped("list a merchant's groups", err)
}

// AddGroup implements town.GroupStore.
func (s *Store) AddGroup(ctx context.Context, g *town.Group, a town.NewActor, members []uuid.UUID) error {
	return s.changeGroups(ctx, "add group", func(tx pgx.Tx) error {
		var many bool
		if err := tx.QueryRow(ctx, `SELECT count(*) >= $1 FROM groups`, town.MaxGroups).Scan(&many); err != nil {
			return err
		}
		if many {
			return town.ErrTooMany
		}
		if err := addActor(ctx, tx, "group", a, s.orNow(g.Created)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO groups (id, kind, name, summary, place, times, trade, active) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			a.ID, string(g.Kind), keptName(g), g.Summary, g.Where, g.When, zeronull.Text(g.Trade), g.On)
		if err != nil {
			return err
		}
		return setMembers(ctx, tx, a.ID, members)
	})
}

// keptName is what is kept of a group's name: the others' are made anew each time.
func keptName(g *town.Group) string {
	if g.Kind.Chosen() {
		return g.Name
	}
	return ""
}

// EditGroup implements town.GroupStore.
func (s *Store) EditGroup(ctx context.Context, g *town.Group, members []uuid.UUID, out town.Outgoing) error {
	return s.changeGroups(ctx, "edit group", func(tx pgx.Tx) error {
		if err := mustAffect(tx.Exec(ctx, `UPDATE actors SET updated_at = $2 WHERE id = $1`, g.ID, s.orNow(g.Updated))); err != nil {
			return err
		}
		err := mustAffect(tx.Exec(ctx, `UPDATE groups SET name = $2, summary = $3, place = $4, times = $5, active = $6 WHERE id = $1`,
			g.ID, keptName(g), g.Summary, g.Where, g.When, g.On))
		if err != nil {
			return err
		}
		if members != nil {
			if err := setMembers(ctx, tx, g.ID, members); err != nil {
				return err
			}
		}
		return s.addIfAny(ctx, tx, out)
	})
}

// setMembers makes these merchants, as far as they live, the only ones of a group. Those who have gone stay what they were.
func setMembers(ctx context.Context, tx pgx.Tx, group uuid.UUID, members []uuid.UUID) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM group_members gm USING actors a WHERE gm.group_id = $1 AND a.id = gm.merchant_id AND a.deleted_at IS NULL
		   AND gm.merchant_id <> ALL ($2)`, group, notNil(members))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO group_members (group_id, merchant_id)
		SELECT $1, m.id FROM `+merchantTables+` WHERE m.id = ANY ($2) AND a.deleted_at IS NULL ORDER BY m.id
		ON CONFLICT DO NOTHING`, group, notNil(members))
	return err
}

// SetGroupMember implements town.GroupStore.
func (s *Store) SetGroupMember(ctx context.Context, group, merchant uuid.UUID, in bool) error {
	return s.changeGroups(ctx, "set group member", func(tx pgx.Tx) error {
		if !in {
			_, err := tx.Exec(ctx, `DELETE FROM group_members WHERE group_id = $1 AND merchant_id = $2`, group, merchant)
			return err
		}
		var there bool
		err := tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM groups WHERE id = $1) AND EXISTS (SELECT FROM `+merchantTables+` WHERE m.id = $2 AND a.deleted_at IS NULL)`,
			group, merchant).Scan(&there)
		if err != nil {
			return err
		}
		if !there {
			return town.ErrNotFound
		}
		_, err = tx.Exec(ctx, `INSERT INTO group_members (group_id, merchant_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, group, merchant)
		return err
	})
}

// changeGroups runs f in a transaction and tells all processes that pages have changed.
func (s *Store) changeGroups(ctx context.Context, doing string, f func(tx pgx.Tx) error) error {
	err := s.inTx(ctx, doing, func(tx pgx.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		return changedByPerson(ctx, tx)
	})
	if err == nil {
		s.merchants.forget()
		s.changed()
	}
	return err
}

// GroupMembers implements town.GroupStore.
func (s *Store) GroupMembers(ctx context.Context, id uuid.UUID) ([]*town.Merchant, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT `+merchantColumns+` FROM groups g, `+merchantTables+`
		 WHERE g.id = $1 AND a.deleted_at IS NULL AND `+inGroup+` ORDER BY `+merchantOrder, id)
	list, err := pgx.CollectRows(rows, scanMerchant)
	return list, mapped("list a group's members", err)
}

// GroupDay implements town.GroupStore.
func (s *Store) GroupDay(ctx context.Context, id uuid.UUID, day string) (town.GroupDay, error) {
	var d town.GroupDay
	err := s.pool.QueryRow(ctx, groupDay, id, day).Scan(&d.Announced, &d.Waiting)
	return d, mapped("count a group's day", err)
}

// groupDay counts what group $1 announced on day $2, and what it had no room for.
const groupDay = `SELECT count(activity_id), count(*) - count(activity_id) FROM group_announces WHERE group_id = $1 AND day = $2::text::date`

// OwnGroups implements town.DocumentStore.
func (s *Store) OwnGroups(ctx context.Context) (own, around uuid.UUID, err error) {
	err = s.pool.QueryRow(ctx, `
		SELECT (SELECT id FROM groups WHERE kind = 'town'), (SELECT id FROM groups WHERE kind = 'around')`).Scan(
		(*zeronull.UUID)(&own), (*zeronull.UUID)(&around))
	return own, around, mapped("find the town's groups", err)
}

// EnsureGroups implements town.GroupStore.
func (s *Store) EnsureGroups(ctx context.Context, around town.NewActor) error {
	return s.changeGroups(ctx, "make the town's groups", func(tx pgx.Tx) error {
		var own uuid.UUID
		err := tx.QueryRow(ctx, `SELECT id FROM actors WHERE kind = 'town' FOR UPDATE`).Scan(&own)
		if errors.Is(err, pgx.ErrNoRows) {
			return town.ErrNotSetUp
		}
		if err != nil {
			return err
		}
		return s.addOwnGroups(ctx, tx, own, around)
	})
}

// addOwnGroups adds the groups that every town has.
func (s *Store) addOwnGroups(ctx context.Context, tx pgx.Tx, own uuid.UUID, around town.NewActor) error {
	if err := addActor(ctx, tx, "group", around, s.now()); err != nil {
		return fmt.Errorf("add the actor of the surroundings: %w", err)
	}
	_, err := tx.Exec(ctx, `INSERT INTO groups (id, kind) VALUES ($1, 'town') ON CONFLICT DO NOTHING`, own)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO groups (id, kind) VALUES ($1, 'around')`, around.ID)
	return err
}
