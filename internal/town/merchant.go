package town

import (
	"time"

	"bourg/internal/hours"

	"github.com/google/uuid"
)

// Merchant is a shop, a craftsperson, a farm or a café of the town, and an actor of
// type Organization to everybody else.
type Merchant struct {
	ID      uuid.UUID
	Handle  string
	Name    string
	Trade   string // slug of Trades
	Paint   string // one of Paints
	Summary string // plain text
	Phone   string // as typed
	Address string // street and number; what older records and the command line hold may be the whole address
	// PostalCode and Locality complete Address; where Locality is empty, it is the town.
	PostalCode, Locality string
	// Opening are the regular hours in the grammar of OpenStreetMap, as hours.Hours.String writes them; "" where
	// they are known in words only. See Regular.
	Opening string
	Special []hours.Special // by their days, none overlapping
	Hours   string          // plain text, what the merchant says of the hours in its own words
	Website string          // https URL, "" if none
	// WebsiteVerified is when the website last said that it is the merchant's (rel="me"); zero: it does not.
	WebsiteVerified time.Time
	Lat, Lon        *float64
	Cover           *Photo
	Reach           Reach // default of new posts
	Unannounced     bool  // it does not wish that groups announce its news
	Approve         *bool // replies wait for approval; nil: as the town does
	Created         time.Time
	Updated         time.Time
	Deleted         time.Time  // zero: lives
	Keys            []ActorKey // what it publishes, the newest first
	Followers       int
	Aliases         []Account // accounts elsewhere that are the merchant's own as well
	Moved           *Account  // where it has gone; nil while it is here
	LastMove        time.Time // zero: it never moved; stays when a move is taken back
}

// MaxHours is how much a merchant says of its hours in its own words, in runes.
const MaxHours = 500

// Paints are the colours of a shop front (class t-… of the style sheet).
var Paints = []string{"brique", "sapin", "nuit", "ocre", "prune", "olive", "zinc"}

// Photo is an uploaded picture, made safe and stored in several widths.
type Photo struct {
	ID       uuid.UUID `json:"-"`
	Alt      string    `json:"alt,omitempty"`
	Name     string    `json:"name"`
	Width    int       `json:"width"`
	Height   int       `json:"height"`
	Bytes    int64     `json:"bytes"` // of the upload
	Variants []Variant `json:"variants"`
}

// Variant is one width and form of a photo; File is its path below the media address.
type Variant struct {
	File      string `json:"file"`
	Width     int    `json:"width"`
	Height    int    `json:"height"`
	MediaType string `json:"media_type"`
	Size      int64  `json:"size"`
}

// JPEG returns the JPEG variant whose width is nearest to width, or the zero Variant.
func (p *Photo) JPEG(width int) Variant {
	var best Variant
	for _, v := range p.Variants {
		if v.MediaType == "image/jpeg" && (best.File == "" || abs(v.Width-width) < abs(best.Width-width)) {
			best = v
		}
	}
	return best
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
