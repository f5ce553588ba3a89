package conformance_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// fake is the smallest server that passes, with one fault planted where it is told to. It believes every signature that
// is there, over the digest of the body: to find a server out that believes less or more is the tester's work.
type fake struct {
	*httptest.Server
	fault string
	key   *rsa.PrivateKey

	mu        sync.Mutex
	followers map[string]string // actor -> id of the Follow
	posts     map[string]map[string]any
	order     []string
	withdrawn map[string]bool
}

func newFake(t *testing.T, fault string) *fake {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{fault: fault, key: key, followers: map[string]string{}, posts: map[string]map[string]any{}, withdrawn: map[string]bool{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	if _, err := f.publish(t.Context(), `Du <a href="`+f.URL+`/t" class="mention hashtag" rel="tag">#pain</a>`); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *fake) host() string { return strings.TrimPrefix(f.URL, "http://") }

// unless returns value, or otherwise where the fault is planted.
func unless[T any](f *fake, fault string, value, otherwise T) T {
	if f.fault == fault {
		return otherwise
	}
	return value
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Access-Control-Allow-Origin", unless(f, "no CORS", "*", ""))
	path, wantsJSON := r.URL.Path, strings.Contains(r.Header.Get("Accept"), "json")
	if f.fault == "one Accept only" {
		wantsJSON = strings.HasPrefix(r.Header.Get("Accept"), "application/activity+json")
	}
	switch {
	case path == "/.well-known/webfinger":
		f.finger(w, r)
	case path == "/.well-known/host-meta":
		fmt.Fprintf(w, `<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" template="%s/.well-known/webfinger?resource=%s"/></XRD>`,
			f.URL, unless(f, "host-meta without a place", "{uri}", "{url}"))
	case path == "/.well-known/nodeinfo":
		f.json(w, "application/json", map[string]any{"links": []any{
			map[string]string{"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": f.URL + "/nodeinfo/2.1"},
			map[string]string{"rel": "https://www.w3.org/ns/activitystreams#Application", "href": f.URL + "/server"},
		}})
	case path == "/nodeinfo/2.1":
		f.json(w, "application/json", map[string]any{
			"version": "2.1", "software": map[string]string{"name": unless(f, "NodeInfo in capitals", "fake", "Fake")}, "protocols": []string{"activitypub"}, "usage": map[string]any{},
		})
	case path == "/actor/inbox":
		f.inbox(w, r)
	case path == "/card.jpg":
		w.Header().Set("Content-Type", unless(f, "a card of SVG", "image/jpeg", "image/svg+xml"))
	case path == "/server":
		f.document(w, f.actor("/server", unless(f, "the server is a Person", "Application", "Person")))
	case path == "/actor" && wantsJSON, path == "/@baker" && wantsJSON:
		f.document(w, f.actor("/actor", unless(f, "the actor is a Shop", "Organization", "Shop")))
	case path == "/actor":
		http.Redirect(w, r, "/@baker", http.StatusSeeOther)
	case path == "/@baker":
		f.page(w, f.URL+"/actor")
	case path == "/actor/outbox":
		f.collection(w, path, f.outbox())
	case path == "/actor/followers":
		f.collection(w, path, make([]any, len(f.followers)))
	case path == "/actor/following":
		f.collection(w, path, nil)
	case strings.HasPrefix(path, "/posts/"), strings.HasPrefix(path, "/p/"):
		f.post(w, r, f.URL+"/posts/"+path[strings.LastIndexByte(path, '/')+1:], wantsJSON)
	default:
		w.WriteHeader(unless(f, "200 for everything", http.StatusNotFound, http.StatusOK))
	}
}

func (f *fake) json(w http.ResponseWriter, kind string, v any) {
	w.Header().Set("Content-Type", kind)
	_ = json.NewEncoder(w).Encode(v)
}

func (f *fake) document(w http.ResponseWriter, doc map[string]any) {
	doc["@context"] = unless[any](f, "no context", []any{"https://www.w3.org/ns/activitystreams"}, "https://schema.org")
	if f.fault != "no Vary" {
		w.Header().Set("Vary", "Accept")
	}
	f.json(w, unless(f, "plain JSON", "application/activity+json", "application/json"), doc)
}

func (f *fake) finger(w http.ResponseWriter, r *http.Request) {
	resource := r.URL.Query().Get("resource")
	handle := "baker@" + f.host()
	self := []any{map[string]string{"rel": "self", "type": unless(f, "another type", "application/activity+json", `application/ld+json`), "href": f.URL + "/actor"}}
	if f.fault == "two selves" {
		self = append(self, map[string]string{"rel": "self", "type": "application/activity+json", "href": f.URL + "/server"})
	}
	plain, _, _ := strings.Cut(strings.ToLower(resource), "?")
	if f.fault == "letters count" {
		plain, _, _ = strings.Cut(resource, "?")
	}
	switch {
	case plain == "acct:"+handle, plain == f.URL+"/actor" && f.fault != "no ids", plain == f.URL+"/@baker":
		f.json(w, "application/jrd+json", map[string]any{"subject": "acct:" + handle, "links": self})
	case plain == f.URL && f.fault != "no bare host", plain == f.URL+"/":
		f.json(w, "application/jrd+json", map[string]any{"subject": "acct:" + f.host() + "@" + f.host(), "links": []any{
			map[string]string{"rel": "self", "type": "application/activity+json", "href": f.URL + "/server"},
		}})
	case strings.Contains(plain, "@"):
		w.WriteHeader(unless(f, "410 for nobody", http.StatusNotFound, http.StatusGone))
	default:
		w.WriteHeader(unless(f, "404 for nonsense", http.StatusBadRequest, http.StatusNotFound))
	}
}

func (f *fake) actor(path, kind string) map[string]any {
	id := f.URL + path
	public, _ := x509.MarshalPKIXPublicKey(&f.key.PublicKey)
	return map[string]any{
		"id": unless(f, "another id", id, id+"#me"), "type": kind, "preferredUsername": "baker", "url": f.URL + "/@baker", "inbox": id + "/inbox", "outbox": id + "/outbox",
		"webfinger": unless(f, "a handle of nobody", "baker@"+f.host(), "butcher@"+f.host()),
		"followers": id + "/followers", "following": id + "/following", "attributionDomains": []any{unless(f, "no byline", "127.0.0.1", "elsewhere.example")},
		"publicKey": map[string]any{
			"id": id + "#main-key", "owner": id, "publicKeyPem": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
		},
	}
}

func (f *fake) collection(w http.ResponseWriter, path string, items []any) {
	c := map[string]any{"id": f.URL + path, "type": "OrderedCollection", "totalItems": len(items), "orderedItems": items, "first": map[string]string{"type": "OrderedCollectionPage"}}
	if f.fault == "no totalItems" && path != "/actor/outbox" {
		delete(c, "totalItems")
	}
	f.document(w, c)
}

func (f *fake) outbox() (items []any) {
	for _, id := range f.order {
		if !f.withdrawn[id] {
			items = append(items, map[string]any{"type": "Create", "object": f.posts[id]})
		}
	}
	return items
}

func (f *fake) post(w http.ResponseWriter, r *http.Request, id string, wantsJSON bool) {
	post, known := f.posts[id]
	switch {
	case !known:
		w.WriteHeader(http.StatusNotFound)
	case f.withdrawn[id]:
		w.WriteHeader(unless(f, "404 for what was deleted", http.StatusGone, http.StatusNotFound))
		f.document(w, map[string]any{"id": id, "type": "Tombstone"})
	case f.fault == "a query changes the page" && r.URL.RawQuery != "" && strings.HasPrefix(r.URL.Path, "/p/"):
		f.page(w, id)
	case wantsJSON:
		f.document(w, post)
	case strings.HasPrefix(r.URL.Path, "/posts/"):
		if f.fault == "JSON for people" {
			f.document(w, post)
			return
		}
		http.Redirect(w, r, "/p/"+id[strings.LastIndexByte(id, '/')+1:], http.StatusSeeOther)
	default:
		f.page(w, id)
	}
}

func (f *fake) page(w http.ResponseWriter, id string) {
	alternate := unless(f, "the page names itself", id, f.URL+"/@baker")
	if f.fault != "no Link" {
		w.Header().Set("Link", "<"+alternate+`>; rel="alternate"; type="application/activity+json"`)
	}
	w.Header().Set("Vary", "Accept")
	w.Header().Set("Content-Type", "text/html")
	feed := `<link rel="alternate" type="application/atom+xml" href="/atom">`
	fmt.Fprintf(w, `<!DOCTYPE html><head>%s<link rel="alternate" type="application/activity+json" href="%s"><meta property="og:title" content="x">
		<meta property="og:image" content="%s/card.jpg"><meta name="fediverse:creator" content="@%s@%s">`,
		unless(f, "the feed first", "", feed), alternate, f.URL, unless(f, "another author", "baker", "butcher"), f.host())
}

func (f *fake) inbox(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	sum := sha256.Sum256(body)
	signed := r.Header.Get("Signature") != "" && (f.fault == "any body" || r.Header.Get("Digest") == "SHA-256="+base64.StdEncoding.EncodeToString(sum[:]))
	var a struct {
		ID, Type, Actor string
		Object          json.RawMessage
		To              any
	}
	switch {
	case len(body) > 1<<20 && f.fault != "any size":
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	case !signed && f.fault != "no signature":
		w.WriteHeader(http.StatusUnauthorized)
		return
	case json.Unmarshal(body, &a) != nil, f.fault == "Follow without to" && a.Type == "Follow" && a.To == nil:
		w.WriteHeader(http.StatusBadRequest)
		return
	case a.Type == "Delete":
		w.WriteHeader(unless(f, "a stranger's key is wanted", http.StatusAccepted, http.StatusUnauthorized))
		return
	}
	w.WriteHeader(http.StatusAccepted)
	switch {
	case a.Type == "Follow":
		key := a.Actor
		if f.fault == "counts twice" {
			key += fmt.Sprint(len(f.followers))
		}
		f.followers[key] = a.ID
		where := unless(f, "Accept to the shared inbox", a.Actor+"/inbox", a.Actor[:strings.Index(a.Actor, "/users/")]+"/inbox")
		f.deliver(where, map[string]any{
			"id": f.URL + "/accepts/" + fmt.Sprint(time.Now().UnixNano()), "type": "Accept", "actor": f.URL + "/actor",
			"object": map[string]any{"id": unless(f, "Accept of another id", a.ID, a.ID+"x"), "type": "Follow", "actor": a.Actor, "object": f.URL + "/actor"},
		})
	case a.Type == "Undo" && (a.Object[0] == '{' || f.fault != "Undo by id"):
		delete(f.followers, a.Actor)
	}
}

// deliver writes an activity now, and sends it later, again where the peer is busy.
func (f *fake) deliver(inbox string, activity map[string]any) {
	activity["@context"] = "https://www.w3.org/ns/activitystreams"
	body, _ := json.Marshal(activity)
	go f.send(inbox, body)
}

func (f *fake) send(inbox string, body []byte) {
	var header http.Header
	for range 3 {
		req, err := http.NewRequest(http.MethodPost, inbox, bytes.NewReader(body))
		if err != nil {
			return
		}
		if header == nil || f.fault != "one signature for all attempts" {
			header = f.sign(req, body)
		}
		req.Header = header.Clone()
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return
		}
		res.Body.Close()
		if res.StatusCode != http.StatusServiceUnavailable || f.fault == "no second attempt" {
			return
		}
		time.Sleep(1100 * time.Millisecond) // dates count seconds
	}
}

func (f *fake) sign(r *http.Request, body []byte) http.Header {
	sum := sha256.Sum256(unless(f, "the digest of something else", body, []byte("{}")))
	digest := "SHA-256=" + base64.StdEncoding.EncodeToString(sum[:])
	date := time.Now().Add(unless(f, "an old date", 0, -time.Hour)).UTC().Format(http.TimeFormat)
	names, text := "(request-target) host date digest", "(request-target): post "+r.URL.RequestURI()+"\nhost: "+r.URL.Host+"\ndate: "+date+"\ndigest: "+digest
	if f.fault == "the host is not signed" {
		names, text = "(request-target) date digest", strings.Replace(text, "\nhost: "+r.URL.Host, "", 1)
	}
	hash := sha256.Sum256([]byte(text))
	signature, _ := rsa.SignPKCS1v15(rand.Reader, f.key, crypto.SHA256, hash[:])
	return http.Header{"Date": {date}, "Digest": {digest}, "Content-Type": {"application/activity+json"}, "Signature": {
		fmt.Sprintf(`keyId="%s/actor#main-key",algorithm="rsa-sha256",headers="%s",signature="%s"`, f.URL, names, base64.StdEncoding.EncodeToString(signature)),
	}}
}

func (f *fake) publish(_ context.Context, text string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := fmt.Sprint(len(f.order) + 1)
	id := f.URL + "/posts/" + n
	post := map[string]any{
		"id": id, "type": "Note", "url": f.URL + "/p/" + n, "attributedTo": f.URL + "/actor", "published": "2026-11-23T08:00:00Z", "to": []any{"https://www.w3.org/ns/activitystreams#Public"},
		"content":    "<p>" + text + unless(f, "a table", "", "<table><tr><td>1</td></tr></table>") + unless(f, "a telephone link", "", `<a href="tel:+33465712012">04</a>`) + "</p>",
		"contentMap": map[string]any{"fr": text},
		"tag":        unless(f, "no tags", []any{map[string]string{"type": "Hashtag", "name": "#pain", "href": f.URL + "/t"}}, nil),
		"attachment": []any{map[string]any{"type": "Document", "mediaType": "image/jpeg", "url": f.URL + "/card.jpg", "name": unless(f, "no description", "Du pain.", "")}},
	}
	switch f.fault {
	case "no language":
		delete(post, "contentMap")
	case "five pictures":
		post["attachment"] = slices.Repeat(post["attachment"].([]any), 5)
	}
	f.posts[id] = post
	f.order = append(f.order, id)
	for actor := range f.followers {
		f.deliver(actor+"/inbox", map[string]any{"id": id + "/create", "type": "Create", "actor": f.URL + "/actor", "object": post})
	}
	return id, nil
}

func (f *fake) edit(_ context.Context, id, text string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.posts[id]["content"] = text
	f.posts[id]["updated"] = unless(f, "an edit without its time", "2026-11-23T09:00:00Z", "")
	return nil
}

func (f *fake) withdraw(_ context.Context, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.withdrawn[id] = true
	return nil
}
