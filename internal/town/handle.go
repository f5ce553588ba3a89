package town

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

var handlePattern = regexp.MustCompile(`^[a-z0-9_]{1,30}$`)

// reserved handles are addresses of the site, names of the protocol, and words by which somebody might pass for the town hall.
var reserved = map[string]bool{
	"admin": true, "administrateur": true, "moderation": true, "support": true, "contact": true, "root": true,
	"relay": true, "instance": true, "inbox": true, "actor": true, "webmaster": true, "postmaster": true,
	"abuse": true, "security": true, "bourg": true, "mairie": true, "alentours": true,
}

// lookalikes are signs that pass for others at a glance, as "rnair1e" for "mairie".
var lookalikes = strings.NewReplacer("_", "", "0", "o", "1", "i", "l", "i", "3", "e", "4", "a", "5", "s", "rn", "m", "vv", "w")

// ValidHandle tells whether a merchant may be called so: by the letters allowed, and by none of the reserved words nor
// anything that looks like one.
func ValidHandle(h string) bool {
	if !handlePattern.MatchString(h) || reserved[h] {
		return false
	}
	seen := lookalikes.Replace(h)
	for word := range reserved {
		if lookalikes.Replace(word) == seen {
			return false
		}
	}
	return true
}

// HandleFrom proposes a handle for a name that fold has brought to lower case without
// accents: its letters and digits, everything between them an underscore, articles at
// the front left out, at most 30 characters.
func HandleFrom(folded string) string {
	var b strings.Builder
	gap := false
	for _, r := range folded {
		if (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9') {
			if gap && b.Len() > 0 {
				b.WriteByte('_')
			}
			gap = false
			b.WriteRune(r)
		} else {
			gap = true
		}
	}
	h := b.String()
	for _, article := range []string{"le_", "la_", "les_", "l_", "au_", "aux_", "a_la_", "a_l_"} {
		if rest, ok := strings.CutPrefix(h, article); ok && len(rest) >= 3 {
			h = rest
			break
		}
	}
	if len(h) > 30 {
		h = strings.TrimRight(h[:30], "_")
		if cut := strings.LastIndexByte(h, '_'); cut >= 15 {
			h = h[:cut]
		}
	}
	return h
}

// freeHandle returns the handle made from a merchant's name.
func (d *Directory) freeHandle(ctx context.Context, name string) (string, error) {
	return freeHandle(ctx, d.Store, d.Fold(name), "commerce")
}

// handleStore tells which handles are taken.
type handleStore interface {
	// HandleTaken tells whether an actor has or had the handle.
	HandleTaken(ctx context.Context, handle string) (bool, error)
}

// freeHandle returns the handle made from a folded name, or from otherwise where no letter of it can stand in a handle, with a
// number behind it where it is reserved or was ever used.
func freeHandle(ctx context.Context, s handleStore, folded, otherwise string) (string, error) {
	base := HandleFrom(folded)
	if base == "" {
		base = otherwise
	}
	for n := 1; n < 1000; n++ {
		h := base
		if n > 1 {
			end := fmt.Sprintf("_%d", n)
			h = strings.TrimRight(base[:min(len(base), 30-len(end))], "_") + end
		}
		if !ValidHandle(h) {
			continue
		}
		taken, err := s.HandleTaken(ctx, h)
		if err != nil {
			return "", err
		}
		if !taken {
			return h, nil
		}
	}
	return "", ErrTaken
}
