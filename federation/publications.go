package federation

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"strings"
)

// contentType is what documents are served as. Everybody reads the parameter, and it
// keeps those who guess encodings from guessing.
const contentType = ActivityType + "; charset=utf-8"

const outboxPage = 20 // activities

// Publications serves what this server has published, to whoever asks for
// ActivityStreams. The id of an actor, object or activity is Base and the path of the
// request; a collection is its owner's id and a last segment: /outbox, /followers,
// /following and /featured of an actor, /replies, /context, /likes and /shares of an object.
//
// Whoever asks for a page at the id of an actor or object is sent to its page.
type Publications struct {
	Base      IRI // this server's address, without a slash at its end
	Actors    LocalActors
	Documents Documents
	Log       *slog.Logger
	// Readers tells who asks.
	Readers *Readers
	// Secure answers signed requests only (secure mode); see readers.go for what is exempt.
	Secure bool
	// ErrorPage answers people where there is no page to send them to; status is 404, 410 or 500. It is
	// required.
	ErrorPage func(w http.ResponseWriter, r *http.Request, status int)
}

// Actor answers at an actor's id.
func (p *Publications) Actor(w http.ResponseWriter, r *http.Request) {
	p.negotiate(w, r, p.ServeActor, func(ctx context.Context, id IRI) (IRI, error) {
		actor, err := p.Actors.LocalActor(ctx, id)
		if err != nil {
			return "", err
		}
		return actor.URL, nil
	})
}

// Object answers at an object's id.
func (p *Publications) Object(w http.ResponseWriter, r *http.Request) {
	p.negotiate(w, r, p.ServeObject, func(ctx context.Context, id IRI) (IRI, error) {
		object, err := p.Documents.Object(ctx, id)
		if err != nil {
			return "", err
		}
		return object.URL, nil
	})
}

// negotiate serves the document, or sends people to the page of what is at the id.
func (p *Publications) negotiate(w http.ResponseWriter, r *http.Request,
	document func(http.ResponseWriter, *http.Request, IRI), page func(context.Context, IRI) (IRI, error)) {
	p.varies(w)
	if r.Method == http.MethodOptions || WantsActivity(r) {
		document(w, r, p.id(r))
		return
	}
	to, err := page(r.Context(), p.id(r))
	switch {
	case err == nil && to != "" && to != p.id(r):
		w.Header().Set("Cache-Control", "no-cache")
		http.Redirect(w, r, string(to), http.StatusSeeOther)
	case err == nil:
		document(w, r, p.id(r))
	case errors.Is(err, ErrGone):
		p.ErrorPage(w, r, http.StatusGone)
	case errors.Is(err, ErrNotFound):
		p.ErrorPage(w, r, http.StatusNotFound)
	default:
		p.Log.Error("finding a page", "path", r.URL.Path, "error", err)
		p.ErrorPage(w, r, http.StatusInternalServerError)
	}
}

// id returns what the request asks for: a query changes nothing.
func (p *Publications) id(r *http.Request) IRI { return p.Base + IRI(r.URL.EscapedPath()) }

// owner returns the id of what the requested collection belongs to.
func (p *Publications) owner(r *http.Request) IRI {
	id := p.id(r)
	return id[:strings.LastIndexByte(string(id), '/')]
}

// ServeActor answers with an actor's document, wherever it is asked for.
func (p *Publications) ServeActor(w http.ResponseWriter, r *http.Request, id IRI) {
	if p.serveStranger(w, r, id) {
		return
	}
	p.answer(w, r, func(ctx context.Context) ([]byte, error) {
		actor, err := p.Actors.LocalActor(ctx, id)
		if err != nil {
			return nil, err
		}
		return EncodeActor(actor)
	}, id)
}

// ServeObject answers with an object's document, wherever it is asked for; with a
// Tombstone and 410 for one that was deleted (ActivityPub, section 6.4).
func (p *Publications) ServeObject(w http.ResponseWriter, r *http.Request, id IRI) {
	p.answer(w, r, func(ctx context.Context) ([]byte, error) {
		object, err := p.Documents.Object(ctx, id)
		if errors.Is(err, ErrGone) && object != nil {
			tombstone, wrong := EncodeObject(object)
			return tombstone, errors.Join(err, wrong)
		}
		if err != nil {
			return nil, err
		}
		return EncodeObject(object)
	}, id)
}

// Activity answers with an activity that was sent.
func (p *Publications) Activity(w http.ResponseWriter, r *http.Request) {
	p.answer(w, r, func(ctx context.Context) ([]byte, error) {
		return p.Documents.Activity(ctx, p.id(r))
	}, p.id(r))
}

// publishedCollection is a collection or a page of one (ActivityStreams 2.0, section 5).
type publishedCollection struct {
	Context      any                `json:"@context,omitempty"`
	ID           string             `json:"id,omitempty"`
	Type         string             `json:"type"`
	TotalItems   *int               `json:"totalItems,omitempty"`
	AttributedTo IRI                `json:"attributedTo,omitempty"`
	PartOf       string             `json:"partOf,omitempty"`
	First        any                `json:"first,omitempty"` // an id, or the page itself
	Next         string             `json:"next,omitempty"`
	Items        []IRI              `json:"items,omitempty"`
	OrderedItems *[]json.RawMessage `json:"orderedItems,omitempty"`
}

const activityStreams = "https://www.w3.org/ns/activitystreams"

func (p *Publications) head(r *http.Request, kind string, total int) publishedCollection {
	return publishedCollection{Context: activityStreams, ID: string(p.id(r)), Type: kind, TotalItems: &total}
}

// Outbox answers with the size of an actor's outbox, and at ?page=true with its
// activities, newest first, a page at a time.
func (p *Publications) Outbox(w http.ResponseWriter, r *http.Request) {
	p.answer(w, r, func(ctx context.Context) ([]byte, error) {
		owner, query := p.owner(r), r.URL.Query()
		if _, err := p.Actors.LocalActor(ctx, owner); err != nil {
			return nil, err
		}
		before := query.Get("before")
		if len(before) > 100 {
			return nil, ErrNotFound
		}
		page, total, err := p.Documents.Outbox(ctx, owner, before, outboxPage)
		if err != nil {
			return nil, err
		}
		id := string(p.id(r))
		if !query.Has("page") {
			head := p.head(r, "OrderedCollection", total)
			head.First = id + "?page=true"
			return json.Marshal(head)
		}
		items := make([]json.RawMessage, len(page))
		for i, item := range page {
			items[i] = item.JSON
		}
		c := publishedCollection{
			Context: activityStreams, Type: "OrderedCollectionPage",
			ID: id + "?page=true", PartOf: id, TotalItems: &total, OrderedItems: &items,
		}
		if before != "" {
			c.ID = pageAfter(id, before)
		}
		if len(page) == outboxPage {
			c.Next = pageAfter(id, page[len(page)-1].Cursor)
		}
		return json.Marshal(c)
	}, p.owner(r))
}

// Followers answers with how many follow an actor. Who they are is nobody's business:
// the first page, which Mastodon wants to see before it shows the number, is empty.
func (p *Publications) Followers(w http.ResponseWriter, r *http.Request) {
	p.counted(w, r, p.Documents.CountFollowers)
}

// Following answers with how many an actor follows, as Followers does.
func (p *Publications) Following(w http.ResponseWriter, r *http.Request) {
	p.counted(w, r, p.Documents.CountFollowing)
}

func (p *Publications) counted(w http.ResponseWriter, r *http.Request, count func(context.Context, IRI) (int, error)) {
	p.answer(w, r, func(ctx context.Context) ([]byte, error) {
		if _, err := p.Actors.LocalActor(ctx, p.owner(r)); err != nil {
			return nil, err
		}
		if r.URL.Query().Has("page") {
			return nil, ErrNotFound
		}
		total, err := count(ctx, p.owner(r))
		if err != nil {
			return nil, err
		}
		head := p.head(r, "OrderedCollection", total)
		head.First = publishedCollection{Type: "OrderedCollectionPage", PartOf: head.ID, OrderedItems: &[]json.RawMessage{}}
		return json.Marshal(head)
	}, p.owner(r))
}

// Featured answers with what a newcomer should see first.
func (p *Publications) Featured(w http.ResponseWriter, r *http.Request) {
	p.objects(w, r, p.Documents.Featured)
}

// Objects answers with a collection of an actor's objects, in their order. A Note stands there in full; any other
// object by its id, because Mastodon passes over what is embedded and no Note, but fetches an id
// (fetch_featured_collection_service).
func (p *Publications) Objects(list func(ctx context.Context, actor IRI) ([]*Object, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { p.objects(w, r, list) }
}

func (p *Publications) objects(w http.ResponseWriter, r *http.Request, list func(ctx context.Context, actor IRI) ([]*Object, error)) {
	p.answer(w, r, func(ctx context.Context) ([]byte, error) {
		if _, err := p.Actors.LocalActor(ctx, p.owner(r)); err != nil {
			return nil, err
		}
		objects, err := list(ctx, p.owner(r))
		if err != nil {
			return nil, err
		}
		items := make([]json.RawMessage, len(objects))
		for i, object := range objects {
			if object.Type == "Note" {
				items[i], err = EncodeObject(object)
			} else {
				items[i], err = json.Marshal(object.ID)
			}
			if err != nil {
				return nil, err
			}
		}
		head := p.head(r, "OrderedCollection", len(items))
		head.OrderedItems = &items
		return json.Marshal(head)
	}, p.owner(r))
}

// Part answers with a collection that an object embeds under a name, at the collection's own id.
func (p *Publications) Part(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p.answer(w, r, func(ctx context.Context) ([]byte, error) {
			object, err := p.Documents.Object(ctx, p.owner(r))
			if err != nil {
				return nil, err
			}
			part, ok := object.Extra[name].(map[string]any)
			if !ok {
				return nil, ErrNotFound
			}
			whole := map[string]any{"@context": activityStreams}
			maps.Copy(whole, part)
			return json.Marshal(whole)
		}, p.owner(r))
	}
}

// Likes answers with how many like an object.
func (p *Publications) Likes(w http.ResponseWriter, r *http.Request) {
	p.reactions(w, r, func(o *Object) *Collection { return o.Likes })
}

// Shares answers with how many announced an object.
func (p *Publications) Shares(w http.ResponseWriter, r *http.Request) {
	p.reactions(w, r, func(o *Object) *Collection { return o.Shares })
}

func (p *Publications) reactions(w http.ResponseWriter, r *http.Request, of func(*Object) *Collection) {
	p.answer(w, r, func(ctx context.Context) ([]byte, error) {
		object, err := p.Documents.Object(ctx, p.owner(r))
		if err != nil {
			return nil, err
		}
		total := 0
		if c := of(object); c != nil {
			total = c.TotalItems
		}
		return json.Marshal(p.head(r, "Collection", total))
	}, p.owner(r))
}

// answer serves what make returns, or what its error stands for. about is whose Tombstone
// is served where it was deleted.
func (p *Publications) answer(w http.ResponseWriter, r *http.Request, make func(context.Context) ([]byte, error), about IRI) {
	p.varies(w)
	if p.readable(w, r) {
		p.write(w, r, make, about)
	}
}

// varies names the headers of a request by which caches must tell its answers apart.
func (p *Publications) varies(w http.ResponseWriter) {
	w.Header().Set("Vary", "Accept")
	if p.Secure {
		w.Header().Set("Vary", "Accept, Signature, Signature-Input")
	}
}

// write is answer for whoever may read.
func (p *Publications) write(w http.ResponseWriter, r *http.Request, make func(context.Context) ([]byte, error), about IRI) {
	allowReading(w)
	if !isRead(w, r) {
		return
	}
	body, err := make(r.Context())
	if errors.Is(err, ErrGone) {
		p.tombstone(w, r, about, body)
		return
	}
	if err != nil {
		answerFault(w, r, p.Log, err)
		return
	}
	if w.Header().Get("Cache-Control") == "" {
		// Kept by caches, and asked for again each time: an edit shows at once.
		w.Header().Set("Cache-Control", "public, no-cache")
	}
	serve(w, r, contentType, body)
}

// ServeError answers whoever asks for ActivityStreams with what an error of LocalActors or
// Documents stands for.
func (p *Publications) ServeError(w http.ResponseWriter, r *http.Request, err error) {
	allowReading(w)
	answerFault(w, r, p.Log, err)
}

// tombstone answers for something that was deleted, with its own Tombstone where it left one.
func (p *Publications) tombstone(w http.ResponseWriter, r *http.Request, id IRI, body []byte) {
	if body == nil {
		var err error
		body, err = json.Marshal(map[string]string{"@context": activityStreams, "id": string(id), "type": "Tombstone"})
		if err != nil {
			answerFault(w, r, p.Log, err)
			return
		}
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusGone)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

func pageAfter(collection, cursor string) string {
	return collection + "?page=true&before=" + url.QueryEscape(cursor)
}
