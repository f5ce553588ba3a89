package town

import (
	"context"
	"time"

	"bourg/federation"
)

// Preview is another town as it presents itself, before anything is sent to it.
type Preview struct {
	ListedNeighbour
	Known   bool // it was asked or has asked before
	Samples []Sample
	Charter []CharterPart // none where the town has none, or does not tell it in time
}

// Sample is one piece of a town's public news, read from there and not kept.
type Sample struct {
	Shop      string // "" where its name cannot be read
	URL       federation.IRI
	Title     string
	HTML      string // sanitised
	Language  string
	Published time.Time
}

// Preview reads another town's card and its newest news; errors are those of Look. A town that shows no news, or answers too
// slowly, has no samples.
func (c *Console) Preview(ctx context.Context, by Author, typed string) (*Preview, error) {
	n := c.Neighbours
	seen, err := n.Look(ctx, by, typed)
	if err != nil {
		return nil, err
	}
	here, err := n.Store.Town(ctx)
	if err != nil {
		return nil, err
	}
	p := &Preview{ListedNeighbour: listedFrom(here, seen, n.now()), Known: seen.FollowID != [16]byte{} || seen.TheirFollow != ""}
	if seen.Charter != "" {
		p.Charter = c.charter(ctx, seen)
	}
	if seen.Latest != "" {
		p.Samples = c.samples(ctx, seen)
	}
	return p, nil
}

// charterWithin is how long the town hall waits for a charter.
const charterWithin = 3 * time.Second

func (c *Console) charter(ctx context.Context, of *Neighbour) []CharterPart {
	ctx, cancel := context.WithTimeout(ctx, charterWithin)
	defer cancel()
	words, err := c.Reader.ReadCharter(ctx, of.Charter)
	if err != nil {
		return nil
	}
	return CharterParts(cutRunes(words, MaxCharter))
}

// samplesWithin is how long the town hall waits for samples: without them it can decide as well.
const samplesWithin = 8 * time.Second

func (c *Console) samples(ctx context.Context, of *Neighbour) []Sample {
	ctx, cancel := context.WithTimeout(ctx, samplesWithin)
	defer cancel()
	objects, err := c.Reader.ReadLatest(ctx, of.Latest, samplesShown)
	if err != nil {
		return nil
	}
	var samples []Sample
	names := map[federation.IRI]string{}
	for _, o := range objects {
		if o.ID.Host() != of.Domain || !o.IsPublic() {
			continue
		}
		name, asked := names[o.AttributedTo]
		if !asked {
			if name, err = c.Reader.ReadName(ctx, o.AttributedTo); err != nil {
				name = "" // it is shown without
			}
			names[o.AttributedTo] = name
		}
		url := o.URL
		if url == "" || url.Host() != of.Domain {
			url = o.ID
		}
		samples = append(samples, Sample{
			Shop: cutRunes(name, 100), URL: url, Title: cutRunes(c.Neighbours.Line(o.Name), 200), HTML: c.Neighbours.Clean(o.Content),
			Language: o.Language, Published: o.Published,
		})
	}
	return samples
}
