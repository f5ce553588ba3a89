package web

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"bourg/internal/town"

	"github.com/google/uuid"
)

// badPage is the answer to an address of a page that we did not write.
func badPage() error { return refusal{status: http.StatusBadRequest, why: "malformed place in a list"} }

// olderThan writes the place behind a post for "avant" in addresses.
func olderThan(p *town.Post) string {
	return placeBehind(town.After(p))
}

// placeBehind writes a place in a list: the time in microseconds and the id of the entry that it lies behind.
func placeBehind(c town.Cursor) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(c.At.UnixMicro()))
	return base64.RawURLEncoding.EncodeToString(append(b, c.ID[:]...))
}

// readCursor reads "avant"; nothing is the newest entry of all.
func readCursor(query url.Values) (town.Cursor, error) { return cursorIn(query, "avant") }

// cursorIn reads a place in a list; nothing is its beginning.
func cursorIn(query url.Values, name string) (town.Cursor, error) {
	if !query.Has(name) {
		return town.Cursor{}, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(query.Get(name))
	if err != nil || len(b) != 8+16 {
		return town.Cursor{}, badPage()
	}
	at := time.UnixMicro(int64(binary.BigEndian.Uint64(b))).UTC()
	id := uuid.UUID(b[8:])
	if at.Year() < 2000 || at.Year() > 3000 || id == uuid.Nil {
		return town.Cursor{}, badPage()
	}
	return town.Cursor{At: at, ID: id}, nil
}

// readNumber reads "avant" of a list that is numbered; 0 without it.
func readNumber(query url.Values) (int64, error) {
	if !query.Has("avant") {
		return 0, nil
	}
	n, err := strconv.ParseInt(query.Get("avant"), 10, 64)
	if err != nil || n <= 0 {
		return 0, badPage()
	}
	return n, nil
}
