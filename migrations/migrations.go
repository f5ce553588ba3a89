// Package migrations holds the database schema as numbered SQL files, applied in
// order and only forward by internal/postgres. A file that was released is never
// changed again.
package migrations

import "embed"

// FS holds the files NNNN_name.sql, in the form that goose reads.
//
//go:embed *.sql
var FS embed.FS
