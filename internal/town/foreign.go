package town

import (
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// ForeignPost is news from elsewhere that is shown here: of another town's merchant, as its relay announced it, or of an
// account elsewhere that this town lists (External).
type ForeignPost struct {
	ID          uuid.UUID // here; its own server knows nothing of it
	ObjectID    federation.IRI
	Domain      string // of the neighbour; "" where Source is set
	Actor       RemoteActor
	Kind        Kind
	Content     string // sanitised HTML
	Words       string // the same in plain words, to be found by; written and never read
	Language    string
	URL         federation.IRI
	Attachments []federation.Image
	Copies      []*Photo // of the attachments, one by one; nil where there is no copy
	Trade       string   // of the writer, one of Trades; "" where it is not known
	Published   time.Time
	Updated     time.Time // zero: never edited
	Received    time.Time
	Details

	Km   *float64 // from this town's centre; nil: not known
	Town string   // name of the neighbour; "" where Source is set

	// Source is the listed account whose news it is; nil for a neighbour's.
	Source *Source
}

// Source is what is said of a listed account beside its news.
type Source struct {
	ID    uuid.UUID
	Name  string
	URL   federation.IRI // its page
	Host  string         // where it lives
	Trade string
}

// Changed is when the post was last changed, by its own town's clock.
func (p *ForeignPost) Changed() time.Time {
	if p.Updated.After(p.Published) {
		return p.Updated
	}
	return p.Published
}
