package simulation

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"bourg/federation"
	"bourg/internal/sanitize"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// Sizes are the bytes of what towns send each other, as the program's own code wrote it for an ordinary post.
type Sizes struct {
	Announce map[town.Kind]int // of a Create or an Update, with headers and signature
	Object   map[town.Kind]int // the post itself, as a neighbour that lacks it fetches it
	Delete   int               // an Announce of a Delete
	Letter   int               // a Follow or an Accept between town halls
	Card     int               // what is read to know another town's card: three documents
	Towns    int               // a list of six neighbours, read with each card
	Line     int               // of a list of live objects
	Request  int               // a signed GET
	Answer   int               // what is answered where there is nothing to say
}

// answerHeaders is the size of the headers of an answer: status, date, type, length and the security headers.
const answerHeaders = 420

// author is a town in which one merchant publishes a post of each kind, and one neighbour receives it: the services of
// the domain work on it as on a database, and it keeps what they would send.
type author struct {
	place     town.Town
	merchant  town.Merchant
	relay     town.LocalActor
	neighbour town.Neighbour
	posts     map[uuid.UUID]*town.Post
	sent      []town.Outgoing
}

func (a *author) Town(context.Context) (*town.Town, error) { return &a.place, nil }
func (a *author) Merchant(context.Context, uuid.UUID) (*town.Merchant, error) {
	return &a.merchant, nil
}
func (a *author) RelayActor(context.Context) (*town.LocalActor, error) { return &a.relay, nil }
func (a *author) Neighbours(context.Context) ([]*town.Neighbour, error) {
	return []*town.Neighbour{&a.neighbour}, nil
}
func (a *author) Neighbour(context.Context, string) (*town.Neighbour, error) {
	return &a.neighbour, nil
}
func (a *author) Post(_ context.Context, id uuid.UUID) (*town.Post, error) { return a.posts[id], nil }
func (a *author) PastPrices(context.Context, uuid.UUID, string, uuid.UUID) ([]town.PastPrice, error) {
	return nil, nil
}
func (a *author) Photos(context.Context, uuid.UUID, []uuid.UUID) ([]town.Photo, error) {
	return []town.Photo{{Alt: "Vue de l’étal, samedi matin", Variants: []town.Variant{
		{File: "0193a1c0-0000-7000-8000-00000000000a-1280.jpg", Width: 1280, Height: 960, MediaType: "image/jpeg"},
	}}}, nil
}
func (a *author) PublicReplies(context.Context, uuid.UUID) ([]federation.IRI, error) { return nil, nil }
func (a *author) OwnGroups(context.Context) (around, of uuid.UUID, err error) {
	return uuid.UUID{1, 2}, uuid.UUID{1, 3}, nil
}
func (a *author) Statistics(context.Context, time.Time) (town.Statistics, error) {
	return town.Statistics{Merchants: 10, ActiveMonth: 8, ActiveHalfyear: 10, Posts: 400, RadiusKm: 2}, nil
}

func (a *author) AddPost(_ context.Context, p *town.Post, _ uuid.UUID, out town.Outgoing) (*town.Post, error) {
	a.posts[p.ID] = p
	a.sent = out.Also
	return p, nil
}

func (a *author) ChangePost(_ context.Context, p, _ *town.Post, out ...town.Outgoing) error {
	a.posts[p.ID], a.sent = p, nil
	for _, o := range out {
		a.sent = append(a.sent, o.Also...)
	}
	return nil
}

func (a *author) WithdrawPost(_ context.Context, _ uuid.UUID, _ time.Time, out town.Outgoing) error {
	a.sent = out.Also
	return nil
}

func (a *author) ChangeNeighbour(_ context.Context, _ string, change func(*town.Neighbour) ([]town.Outgoing, error)) error {
	out, err := change(&a.neighbour)
	a.sent = out
	return err
}

// The three stores that the services ask for. What an author does not answer is never asked.
type (
	unaskedPosts      struct{ town.PostStore }
	unaskedNeighbours struct{ town.NeighbourStore }
	unaskedDocuments  struct{ town.DocumentStore }

	postsOf struct {
		*author
		unaskedPosts
	}
	neighboursOf struct {
		*author
		unaskedNeighbours
	}
	documentsOf struct {
		*author
		unaskedDocuments
	}
)

// drafts are ordinary posts, one of each kind that towns exchange.
func drafts(now time.Time) map[town.Kind]town.Draft {
	price, prior := town.Cents(990), town.Cents(1250)
	photo := []town.Photo{{ID: uuid.MustParse("0193a1c0-0000-7000-8000-00000000000a")}}
	lat, lon := 44.1902, 4.4303
	in := func(d time.Duration) time.Time { return now.Add(d).Truncate(day) }
	return map[town.Kind]town.Draft{
		town.News: {
			Text: "Fournée de seigle ce matin, et les premières galettes de la saison. Nous ouvrons à sept heures, venez tôt ! #pain", Photos: photo,
		},
		town.Offer: {Text: "Pur beurre, sur commande la veille. #galette", Photos: photo, Details: town.Details{
			Title: "Galette charentaise", Starts: in(day), Ends: in(5 * day),
			Offer: &town.OfferDetails{Price: &price, Prior: &prior, Unit: "la pièce", Stock: 30, Conditions: "Une par personne", Perishable: true},
		}},
		town.Event: {Text: "Vingt artisans, vin chaud et marrons, concert de la chorale à seize heures. #Noël", Photos: photo, Details: town.Details{
			Title: "Marché de Noël", Starts: in(10 * day).Add(9 * time.Hour), Ends: in(10 * day).Add(18 * time.Hour),
			Event: &town.EventDetails{Place: "Place du Marché", Lat: &lat, Lon: &lon, Category: "FOOD_DRINK"},
		}},
		town.Article: {
			Text:   strings.Repeat("Le four de 1911 a été rebriqué cet été ; on y cuit de nouveau depuis septembre, trois fois par semaine.\n\n", 15),
			Photos: photo, Details: town.Details{Title: "Le four de la halle"},
		},
		town.Product: {Text: "Levain, cuisson au bois.", Photos: photo, Details: town.Details{
			Title: "Tourte de seigle", Product: &town.ProductDetails{Price: &price, Unit: "le kilo", Highlighted: true},
		}},
		town.Closure: {Text: "Nous préparons les fêtes.", Details: town.Details{Starts: in(7 * day), Ends: in(9 * day)}},
	}
}

// MeasureSizes lets the program's own services publish, withdraw, ask and accept, and weighs what they send.
func MeasureSizes(ctx context.Context) (Sizes, error) {
	now := epoch.Add(9 * time.Hour)
	base := &url.URL{Scheme: "https", Host: "saint-laurent.example"}
	addresses := town.Addresses{Base: base}
	id := func(n byte) uuid.UUID { return uuid.UUID{1, 0x93, 0xa1, 0xc0, 0, 0, 0x70, 0, 0x80, 15: n} }
	lat, lon := 44.1902, 4.4303
	keys, err := weightlessKeys()
	if err != nil {
		return Sizes{}, err
	}
	place := town.Point{Lat: 44.2, Lon: 4.45}
	a := &author{
		place:    town.Town{Name: "Saint-Laurent-sur-Cèze", INSEE: "30999", Lat: 44.19, Lon: 4.43, TimeZone: "Europe/Paris", HelpPhone: "04 65 71 20 00"},
		merchant: town.Merchant{ID: id(1), Handle: "boulangerie_martin", Name: "Boulangerie Martin", Trade: "boulangerie", Phone: "04 65 71 00 00", Address: "3, place du Marché", Lat: &lat, Lon: &lon},
		relay:    town.LocalActor{ID: id(2), Kind: "relay", Handle: "relay", Created: epoch, Keys: keys},
		neighbour: town.Neighbour{
			Domain: "vernede.example", Base: "https://vernede.example", Outgoing: town.StandingNone, Incoming: town.StandingAccepted, Mode: town.ModeOpen,
			Card: town.Card{Name: "Vernède", Place: &place, RadiusKm: 3, Peering: "approval"}, TheirWants: town.FullScope(), Grants: town.FullScope(),
			Relay:       town.RelayActor{ID: "https://vernede.example/actors/0193a1c0-0000-7000-8000-000000000009", Inbox: "https://vernede.example/actors/0193a1c0-0000-7000-8000-000000000009/inbox"},
			TheirFollow: "https://vernede.example/activities/0193a1c0-0000-7000-8000-000000000008",
		},
		posts: map[uuid.UUID]*town.Post{},
	}
	clock := func() time.Time { return now }
	media := func(file string) federation.IRI { return federation.IRI(base.String() + "/media/" + file) }
	html := func(text string) string {
		return sanitize.LinkedParagraphs(text, func(word string) string { return string(addresses.Word(word)) })
	}
	neighbours := &town.Neighbours{
		Store: neighboursOf{author: a}, Addresses: addresses, Now: clock, Wake: func() {},
		Clean: sanitize.HTML, Line: sanitize.Line,
	}
	publisher := &town.Publisher{
		Store: postsOf{author: a}, Addresses: addresses, Media: media, Now: clock, Wake: func() {}, HTML: html, Words: sanitize.Hashtags,
		Carriers: []town.Carrier{neighbours.Carry},
	}
	documents := &town.Documents{Store: documentsOf{author: a}, Addresses: addresses, Media: media, Version: "1.0.0", Now: clock, HTML: html, Words: sanitize.Hashtags}
	operator := town.Author{Operator: true}

	headers, err := headerSizes(now)
	if err != nil {
		return Sizes{}, err
	}
	s := Sizes{Announce: map[town.Kind]int{}, Object: map[town.Kind]int{}, Request: headers.get, Answer: answerHeaders}
	var last uuid.UUID
	for _, kind := range town.ExchangedKinds {
		draft := drafts(now)[kind]
		draft.Kind, draft.Reach = kind, town.ReachNeighbours
		post, err := publisher.Publish(ctx, operator, a.merchant.ID, draft, false)
		if err != nil {
			return Sizes{}, fmt.Errorf("weigh a post of kind %s: %w", kind, err)
		}
		if kind == town.Product { // which is told of when it is put forward
			if _, err := publisher.Highlight(ctx, operator, post.ID); err != nil {
				return Sizes{}, fmt.Errorf("weigh a product: %w", err)
			}
		}
		if len(a.sent) != 1 {
			return Sizes{}, fmt.Errorf("weigh a post of kind %s: it is announced %d times", kind, len(a.sent))
		}
		s.Announce[kind] = len(a.sent[0].JSON) + headers.post
		object, err := documents.Object(ctx, addresses.Post(post.ID))
		if err != nil {
			return Sizes{}, fmt.Errorf("weigh a post of kind %s: %w", kind, err)
		}
		raw, err := federation.EncodeObject(object)
		if err != nil {
			return Sizes{}, fmt.Errorf("weigh a post of kind %s: %w", kind, err)
		}
		s.Object[kind] = len(raw) + answerHeaders
		last = post.ID
	}
	if err := publisher.Withdraw(ctx, operator, last); err != nil {
		return Sizes{}, fmt.Errorf("weigh a withdrawal: %w", err)
	}
	s.Delete = len(a.sent[0].JSON) + headers.post
	if err := neighbours.Accept(ctx, operator, "vernede.example", town.FullScope()); err != nil {
		return Sizes{}, fmt.Errorf("weigh an Accept: %w", err)
	}
	s.Letter = len(a.sent[0].JSON) + headers.post
	s.Line = len(town.ActiveLine{ID: addresses.Post(last), Changed: now}.String()) + 1
	if s.Card, err = cardSize(ctx, documents, base); err != nil {
		return Sizes{}, err
	}
	one := town.ListedNeighbour{Neighbour: &a.neighbour}
	towns, err := town.WriteTowns([]town.ListedNeighbour{one, one, one, one, one, one})
	s.Towns = len(towns) + answerHeaders
	return s, err
}

// cardSize weighs the three documents that make a card known: where NodeInfo is, NodeInfo, and the relay.
func cardSize(ctx context.Context, documents *town.Documents, base *url.URL) (int, error) {
	info := &federation.NodeInfo{Base: federation.IRI(base.String()), Software: "bourg", Actors: documents, Documents: documents, Log: slog.New(slog.DiscardHandler)}
	sum := 0
	for path, serve := range map[string]http.HandlerFunc{"/.well-known/nodeinfo": info.Links, "/nodeinfo/2.1": info.Document} {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, base.String()+path, nil)
		if err != nil {
			return 0, err
		}
		w := &scale{header: http.Header{}}
		serve(w, r)
		if w.bytes == 0 || (w.status != 0 && w.status != http.StatusOK) {
			return 0, fmt.Errorf("weigh %s: status %d with %d bytes", path, w.status, w.bytes)
		}
		sum += w.bytes + answerHeaders
	}
	relay, err := documents.ServerActor(ctx)
	if err != nil {
		return 0, fmt.Errorf("weigh the relay: %w", err)
	}
	raw, err := federation.EncodeActor(relay)
	if err != nil {
		return 0, fmt.Errorf("weigh the relay: %w", err)
	}
	return sum + len(raw) + answerHeaders, nil
}

// scale is an answer of which only the size is kept.
type scale struct {
	header http.Header
	status int
	bytes  int
}

func (s *scale) Header() http.Header    { return s.header }
func (s *scale) WriteHeader(status int) { s.status = status }
func (s *scale) Write(b []byte) (int, error) {
	s.bytes += len(b)
	return len(b), nil
}

// requestSizes are the bytes of the headers of signed requests.
type requestSizes struct{ get, post int }

// headerSizes signs requests as the program does between towns that know each other, and weighs their headers.
func headerSizes(now time.Time) (requestSizes, error) {
	key, err := newKey(false)
	if err != nil {
		return requestSizes{}, err
	}
	weigh := func(method, address string, body []byte) (int, error) {
		r, err := signedRequest(method, address, body, key, federation.RFC9421Ed25519, now)
		if err != nil {
			return 0, err
		}
		w := &scale{}
		_, _ = fmt.Fprintf(w, "%s %s HTTP/1.1\r\nHost: %s\r\n", r.Method, r.URL.RequestURI(), r.Host)
		err = r.Header.Write(w)
		return w.bytes + 2, err
	}
	var s requestSizes
	if s.get, err = weigh(http.MethodGet, "https://vernede.example/actors/0193a1c0-0000-7000-8000-000000000009/active", nil); err != nil {
		return s, fmt.Errorf("weigh a GET: %w", err)
	}
	if s.post, err = weigh(http.MethodPost, "https://vernede.example/actors/0193a1c0-0000-7000-8000-000000000009/inbox", []byte("{}")); err != nil {
		return s, fmt.Errorf("weigh a POST: %w", err)
	}
	return s, nil
}

// signedRequest makes a request as the client of package federation does, and signs it.
func signedRequest(method, address string, body []byte, key *federation.SigningKey, scheme federation.SignatureScheme, now time.Time) (*http.Request, error) {
	target, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	r := &http.Request{Method: method, URL: target, Host: target.Host, Header: http.Header{}}
	r.Header.Set("User-Agent", "Bourg/1.0.0 (+https://saint-laurent.example/)")
	r.Header.Set("Accept", federation.ActivityType)
	if body != nil {
		r.Header.Set("Content-Type", federation.ActivityType)
	}
	return r, federation.Sign(r, body, key, scheme, now)
}

// newKey makes a key of the relay, of 2,048 bits for RSA.
func newKey(useRSA bool) (*federation.SigningKey, error) {
	const owner = "https://saint-laurent.example/actors/0193a1c0-0000-7000-8000-000000000002"
	key := &federation.SigningKey{ID: owner + "#main-key", Owner: owner}
	var err error
	if useRSA {
		key.Private, err = rsa.GenerateKey(rand.Reader, 2048)
	} else {
		_, key.Private, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	return key, nil
}

// weightlessKeys are public keys for an actor's document, whose length alone matters.
func weightlessKeys() ([]town.ActorKey, error) {
	var keys []town.ActorKey
	for i, kind := range []town.KeyKind{town.KeyRSA, town.KeyEd25519} {
		key, err := newKey(kind == town.KeyRSA)
		if err != nil {
			return nil, err
		}
		public, err := x509.MarshalPKIXPublicKey(key.Private.Public())
		if err != nil {
			return nil, fmt.Errorf("encode a public key: %w", err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
		keys = append(keys, town.ActorKey{Number: i + 1, Kind: kind, PublicPEM: string(text)})
	}
	return keys, nil
}
