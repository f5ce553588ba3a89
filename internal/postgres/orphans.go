package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// UnknownPhotos returns which of these names of photos (media.Photo.Name) no row knows.
// A file belongs to one of the tables photos, remote_media and foreign_media.
func (s *Store) UnknownPhotos(ctx context.Context, names []string) ([]string, error) {
	rows, _ := s.pool.Query(ctx, `
		SELECT name FROM unnest($1::text[]) AS name
		 WHERE NOT EXISTS (SELECT FROM photos WHERE file->>'name' = name)
		   AND NOT EXISTS (SELECT FROM remote_media WHERE file->>'name' = name)
		   AND NOT EXISTS (SELECT FROM foreign_media WHERE file->>'name' = name)`, names)
	unknown, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return unknown, mapped("look for photos", err)
}
