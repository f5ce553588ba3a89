package postgres

import (
	"context"
	"fmt"

	"bourg/federation"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// followersAt are the present followers of the actors $1 who live on the hosts $2 and are
// spoken to there, host by host: a host has few actors that are known here, an actor may have many followers. Each is looked up
// by itself (OFFSET 0), else a plan that was made while the tables were empty reads all followers for each claim.
const followersAt = `
	SELECT h.host, f.actor_id, r.iri
	  FROM unnest($2::text[]) AS h(host) CROSS JOIN LATERAL (
		SELECT id, iri FROM remote_actors WHERE delivery_host = h.host AND deleted_at IS NULL AND NOT blocked OFFSET 0
	  ) r CROSS JOIN LATERAL (
		SELECT actor_id FROM followers WHERE follower_id = r.id AND actor_id = ANY($1::uuid[]) AND ended_at IS NULL OFFSET 0
	  ) f`

// syncHeaders returns the headers Collection-Synchronization of deliveries (FEP-8fcf), "" for those that
// do not go to the followers. They are as old as the claim, so a retry carries what is true then.
func (s *Store) syncHeaders(ctx context.Context, list []claimed, known map[uuid.UUID]sentActivity) ([]string, error) {
	headers := make([]string, len(list))
	var actors []uuid.UUID
	var hosts []string
	seenActors, seenHosts := map[uuid.UUID]bool{}, map[string]bool{}
	for _, d := range list {
		a := known[d.activity]
		if !a.followers {
			continue
		}
		if !seenActors[a.actor] {
			seenActors[a.actor], actors = true, append(actors, a.actor)
		}
		if !seenHosts[d.Host] {
			seenHosts[d.Host], hosts = true, append(hosts, d.Host)
		}
	}
	if len(actors) == 0 {
		return headers, nil
	}
	type part struct {
		actor  uuid.UUID
		origin string
	}
	digests := map[part]*federation.FollowersDigest{}
	rows, _ := s.pool.Query(ctx, followersAt, actors, hosts)
	var host string
	var actor uuid.UUID
	var follower federation.IRI
	_, err := pgx.ForEachRow(rows, []any{&host, &actor, &follower}, func() error {
		p := part{actor, follower.Origin()}
		if digests[p] == nil {
			digests[p] = &federation.FollowersDigest{}
		}
		digests[p].Add(follower)
		return nil
	})
	if err != nil {
		return nil, mapped("read followers of a host", err)
	}
	for i, d := range list {
		a := known[d.activity]
		if !a.followers {
			continue
		}
		digest := digests[part{a.actor, d.Inbox.Origin()}]
		if digest == nil {
			digest = &federation.FollowersDigest{}
		}
		if digest.Followers <= federation.MaxPartialFollowers {
			headers[i] = federation.CollectionSync{
				Collection: a.sender + "/followers", URL: a.sender + "/followers_synchronization", Digest: digest.String(),
			}.String()
		}
	}
	return headers, nil
}

// FollowersAt implements town.DocumentStore.
func (s *Store) FollowersAt(ctx context.Context, actor uuid.UUID, host string) ([]federation.IRI, error) {
	rows, _ := s.pool.Query(ctx, `SELECT iri FROM (`+followersAt+fmt.Sprintf(` LIMIT %d) f ORDER BY iri`, federation.MaxPartialFollowers+1),
		[]uuid.UUID{actor}, []string{host})
	list, err := pgx.CollectRows(rows, pgx.RowTo[federation.IRI])
	return list, mapped("read followers of a host", err)
}
