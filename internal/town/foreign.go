package town

import (
	"time"

	"bourg/federation"

	"github.com/google/uuid"
)

// ForeignPost is news of another town's merchant, as its relay announced it.
type ForeignPost struct {
	ID          uuid.UUID // here; the other town knows nothing of it
	ObjectID    federation.IRI
	Domain      string // of the neighbour
	Actor       RemoteActor
	Kind        Kind
	Content     string // sanitised HTML
	Language    string
	URL         federation.IRI
	Attachments []federation.Image
	Published   time.Time
	Updated     time.Time // zero: never edited
	Received    time.Time
	Details

	Km   *float64 // from this town's centre; nil: not known
	Town string   // name of the neighbour
}

// Changed is when the post was last changed, by its own town's clock.
func (p *ForeignPost) Changed() time.Time {
	if p.Updated.After(p.Published) {
		return p.Updated
	}
	return p.Published
}
