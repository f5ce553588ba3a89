package main_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/postgres"
	bourgtown "bourg/internal/town"

	"github.com/google/uuid"
)

// store opens the database of a town that has one of its own.
func (tw *town) store() *postgres.Store {
	tw.t.Helper()
	for _, v := range tw.env {
		if dsn, ok := strings.CutPrefix(v, "BOURG_DATABASE_URL="); ok {
			store, err := postgres.Open(tw.t.Context(), dsn, postgres.Options{Addresses: bourgtown.Addresses{Base: tw.url}})
			if err != nil {
				tw.t.Fatalf("open the database of %s: %v", tw.host, err)
			}
			tw.t.Cleanup(store.Close)
			return store
		}
	}
	tw.t.Fatal("the town has no database of its own")
	return nil
}

// followedFrom lets a merchant of another town follow one of this town, as neighbours do.
func (tw *town) followedFrom(of merchant, other *town, by merchant) {
	tw.t.Helper()
	id, err := uuid.Parse(of.Actor[strings.LastIndexByte(of.Actor, '/')+1:])
	if err != nil {
		tw.t.Fatal(err)
	}
	follow := other.at("/activities/" + uuid.NewString())
	follower := &federation.Actor{
		ID: federation.IRI(by.Actor), Type: "Organization", PreferredUsername: by.Handle,
		Inbox: federation.IRI(by.Actor + "/inbox"), SharedInbox: federation.IRI(other.at("/inbox")),
	}
	err = tw.store().AddFollower(tw.t.Context(), bourgtown.Received{
		Key: bourgtown.Key(by.Actor, follow), Sender: follower, ID: federation.IRI(follow),
	}, id, federation.IRI(follow), bourgtown.Outgoing{
		ID: uuid.New(), Actor: id, Type: "Accept", Object: federation.IRI(follow), JSON: []byte(`{}`), Leaves: time.Now(),
	})
	if err != nil {
		tw.t.Fatal(err)
	}
}

// verified is how many signatures the town has verified, by their scheme.
func (tw *town) verified() map[string]int {
	tw.t.Helper()
	address := ""
	for _, v := range tw.env {
		if at, ok := strings.CutPrefix(v, "BOURG_METRICS_LISTEN="); ok {
			address = at
		}
	}
	res, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		tw.t.Fatalf("metrics of %s: %v", tw.host, err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		tw.t.Fatal(err)
	}
	found := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^bourg_signatures_verified_total\{scheme="([^"]+)"\} ([0-9]+)`).FindAllStringSubmatch(string(page), -1) {
		found[m[1]], err = strconv.Atoi(m[2])
		if err != nil {
			tw.t.Fatal(err)
		}
	}
	return found
}

// twoTowns are two towns, each with a shop that one of the other town follows.
func twoTowns(t *testing.T, options ...townOption) (east, west *town) {
	t.Helper()
	start := func() *town {
		return startTown(t, append([]townOption{with("BOURG_METRICS_LISTEN", freeAddress(t))}, options...)...)
	}
	east, west = start(), start()
	bakery, florist := east.addMerchant("fournil", "Le Fournil", "boulangerie"), west.addMerchant("fleurs", "Fleurs du pont", "fleuriste")
	east.followedFrom(bakery, west, florist)
	west.followedFrom(florist, east, bakery)
	return east, west
}

// Two towns that have never heard of each other sign with RSA once, and from then on with Ed25519: the
// one that delivered because the other asked for it, the other because it saw it done.
func TestTownsSpeakEd25519(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]townOption{"open": nil, "both in secure mode": {with("BOURG_SECURE_MODE", "true")}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			east, west := twoTowns(t, options...)
			deliver := func(from *town, as, words string) {
				from.publish(as, words)
				from.settled()
			}
			deliver(east, "fournil", "Pain d'épices.")
			if got := west.verified(); got["cavage"] != 1 || len(got) != 1 {
				t.Errorf("the first time: got %v verified, want one by draft-cavage", got)
			}
			deliver(east, "fournil", "Brioche.")
			if got := west.verified(); got["cavage"] != 1 || got["rfc9421-ed25519"] != 1 {
				t.Errorf("the second time: got %v verified, want it by Ed25519", got)
			}
			deliver(west, "fleurs", "Anémones.")
			if got := east.verified(); got["rfc9421-ed25519"] != 1 || len(got) != 1 {
				t.Errorf("back: got %v verified, want the first one by Ed25519 already", got)
			}
			if queue := east.run("queue"); number(queue, "waiting") != 0 {
				t.Errorf("got queue %v, want it empty", queue)
			}
		})
	}
}

// The keys of a shop are replaced while its news wait for a server that is down, and the town is killed in between.
// That server, which knows the old key only, hears of the new one first, by the old one, and then gets all the rest by the new one.
func TestNewKeysWhileDeliveriesWait(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	shop := tw.addMerchant("fleurs", "Fleurs du pont", "fleuriste")
	well, ill := newFollower(t), newFollower(t)
	for _, f := range []*follower{well, ill} {
		f.follow("odile", f.discover("fleurs@"+tw.host))
	}
	first := tw.publish("fleurs", "Les premières anémones.")
	ill.await("Create", first.ID)
	tw.settled()
	ill.down()
	second := tw.publish("fleurs", "Mimosa.")
	well.await("Create", second.ID)

	got := tw.run("keys", "rotate", "--as", "fleurs")
	if key := text(got, "rotated", "rsa_key"); key != shop.Actor+"#key-2" || text(got, "rotated", "handle") != "fleurs" {
		t.Errorf("got %v, want key-2 of fleurs", got)
	}
	tw.kill()
	third := tw.publish("fleurs", "Jonquilles.") // without a server
	tw.start()
	ill.up()
	for _, f := range []*follower{well, ill} {
		within(t, 4*time.Minute, f.host+" gets the news", func() error {
			if len(f.got("Create", third.ID)) == 0 || len(f.got("Create", second.ID)) == 0 {
				return fmt.Errorf("queue %v", tw.run("queue"))
			}
			return nil
		})
		f.mu.Lock()
		// What was on its way when the town was killed may come twice, under the same id.
		var story, seen []string
		var once []delivery
		for _, d := range f.deliveries {
			if id := text(d.activity, "id"); !slices.Contains(seen, id) {
				seen, once = append(seen, id), append(once, d)
			}
		}
		for _, d := range once {
			key := regexp.MustCompile(`#([a-z0-9-]+)"`).FindStringSubmatch(d.signed)
			story = append(story, text(d.activity, "type")+" by "+key[1])
		}
		f.mu.Unlock()
		var announced []delivery
		for _, d := range once {
			if text(d.activity, "type") == "Update" && text(d.activity, "object", "id") == shop.Actor {
				announced = append(announced, d)
			}
		}
		if len(announced) != 1 {
			t.Fatalf("%s: got %d announcements, want one: %v", f.host, len(announced), story)
		}
		if key := text(announced[0].activity, "object", "publicKey", "id"); key != shop.Actor+"#key-2" {
			t.Errorf("%s: got the announced key %q", f.host, key)
		}
		for _, d := range once {
			after := d.at.After(announced[0].at)
			want := "#main-key"
			if after {
				want = "#key-2"
			}
			if !strings.Contains(d.signed, shop.Actor+want+`"`) {
				t.Errorf("%s: got %v, want the old key up to the announcement and the new one after it", f.host, story)
				break
			}
		}
	}
	if got := ill.got("Create", second.ID); len(got) > 0 && got[0].at.Before(ill.got("Update", shop.Actor)[0].at) {
		t.Error("what waited came before the new key was announced")
	}
	document, err := well.get(shop.Actor)
	if err != nil {
		t.Fatal(err)
	}
	methods, _ := document["assertionMethod"].([]any)
	if len(methods) != 3 || text(document, "publicKey", "id") != shop.Actor+"#key-2" {
		t.Errorf("got publicKey %q and %d others, want key-2, its Ed25519 key and both former ones", text(document, "publicKey", "id"), len(methods))
	}
	all := tw.run("keys", "rotate", "--all", "--leaked")
	if list, _ := all["rotated"].([]any); len(list) != 4 {
		t.Errorf("got %v, want new keys of the shop, the town, its surroundings and the server", all)
	}
	eventually(t, "the leaked keys are gone", func() error {
		document, err := well.get(shop.Actor)
		if err != nil {
			return err
		}
		methods, _ := document["assertionMethod"].([]any)
		if len(methods) != 1 || text(document, "publicKey", "id") != shop.Actor+"#key-3" {
			return fmt.Errorf("got %v and %v", document["publicKey"], methods)
		}
		return nil
	})
	tw.settled()
	if strings.Contains(tw.log.String(), "PRIVATE KEY") {
		t.Error("a private key stands in the log")
	}
	for _, wrong := range [][]string{{"keys", "rotate"}, {"keys", "rotate", "--as", "fleurs", "--all"}} {
		if got := tw.try(wrong...); got.code != 2 {
			t.Errorf("bourg %v: got exit code %d, want 2", wrong, got.code)
		}
	}
	if got := tw.try("keys", "rotate", "--as", "personne"); got.code != 1 || !strings.Contains(got.stderr, `nobody is called "personne"`) {
		t.Errorf("nobody's keys: got exit code %d, %q", got.code, got.stderr)
	}
}

// A server that nobody here wrote verifies what we sign by either scheme and across a rotation, gets RSA where it refuses
// Ed25519, and reads in secure mode, where strangers see keys only.
func TestFedifyVerifiesWhatWeSign(t *testing.T) {
	t.Parallel()
	for _, how := range []scheme{cavage, rfc9421} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			tw := startTown(t, with("BOURG_SECURE_MODE", "true"))
			bakery := tw.addMerchant("fournil", "Le Fournil", "boulangerie")
			p := startPeer(t, how)
			p.set(fields{"secure": true})
			follow := p.does("follow", fields{"name": "bert", "merchant": bakery.Actor})
			p.await("Accept", text(follow, "id"))
			if read := p.does("fetch", fields{"name": "bert", "url": bakery.Actor}); text(read, "document", "name") != "Le Fournil" {
				t.Errorf("signed: got %v, want the bakery's document", read)
			}
			store := tw.store()
			for _, signs := range []federation.SignatureScheme{federation.Cavage, federation.RFC9421, federation.RFC9421Ed25519} {
				if err := store.SchemeWorked(t.Context(), p.host, signs); err != nil {
					t.Fatal(err)
				}
				post := tw.publish("fournil", "Signé par "+signs.String())
				p.await("Create", post.ID)
				tw.settled()
			}
			tw.run("keys", "rotate", "--as", "fournil")
			p.await("Update", bakery.Actor)
			last := tw.publish("fournil", "Signé par la nouvelle clé.")
			p.await("Create", last.ID)
			// Fedify 1.10 verifies requests with RSA only and answers 401 to Ed25519: then RSA comes at once.
			var story []string
			for _, d := range p.journal().Deliveries {
				story = append(story, d.Scheme+" "+strconv.Itoa(d.Status))
			}
			got := strings.Join(story, ", ")
			if rest := strings.ReplaceAll(got, "rfc9421 401, cavage 202", "fallback"); !strings.Contains(got, "rfc9421 202") ||
				!strings.Contains(rest, "fallback") || strings.Contains(rest, "40") || strings.Contains(rest, "50") {
				t.Errorf("got deliveries by %s, want both schemes taken, and a refusal of Ed25519 followed by RSA", got)
			}
			if read := p.does("fetch", fields{"name": "bert", "url": last.ID}); text(read, "document", "id") != last.ID {
				t.Errorf("the post, signed: got %v", read)
			}
		})
	}
}

// In secure mode pages stay open to people, and what is for servers is not given to whom it is not known who they are; nothing
// that a page cache or a proxy keeps mixes the two.
func TestSecureModeOfATown(t *testing.T) {
	t.Parallel()
	tw := startTown(t, with("BOURG_SECURE_MODE", "true"))
	bakery := tw.addMerchant("fournil", "Le Fournil", "boulangerie")
	post := tw.publish("fournil", "Brioche.")
	f := newFollower(t)
	ask := func(address string, signed bool) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", "application/activity+json")
		if signed {
			if err := sign(req, nil, f.user("odile")+"#main-key", f.key, cavage, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res, string(body)
	}
	for range 2 { // the second time it might come from a cache
		for _, address := range []string{post.ID, post.URL, bakery.Actor + "/outbox?page=true", bakery.Actor + "/card", post.ID + "/replies"} {
			if res, body := ask(address, true); res.StatusCode != 200 || !strings.Contains(res.Header.Get("Cache-Control"), "private") {
				t.Errorf("%s signed: got %d, kept %q: %s", address, res.StatusCode, res.Header.Get("Cache-Control"), body)
			}
			if res, body := ask(address, false); res.StatusCode != 401 || strings.Contains(body, "Brioche") || body != `{"error":"signature_missing"}` {
				t.Errorf("%s unsigned: got %d %s, want 401 signature_missing", address, res.StatusCode, body)
			}
		}
		for _, address := range []string{bakery.Actor, bakery.URL} {
			if _, body := ask(address, true); !strings.Contains(body, `"name":"Le Fournil"`) {
				t.Errorf("%s signed: got %s, want the whole document", address, body)
			}
			if res, body := ask(address, false); res.StatusCode != 200 || strings.Contains(body, "Le Fournil") || !strings.Contains(body, "publicKeyPem") {
				t.Errorf("%s unsigned: got %d %s, want the keys only", address, res.StatusCode, body)
			}
		}
	}
	// Each address that is for servers, whoever added it.
	for _, path := range []string{"outbox", "followers", "following", "featured", "products", "active", "latest", "card", "followers_synchronization"} {
		if res, body := ask(bakery.Actor+"/"+path, false); res.StatusCode != 401 {
			t.Errorf("%s unsigned: got %d %s, want 401", path, res.StatusCode, body)
		}
	}
	for _, path := range []string{"replies", "context", "likes", "shares", "organizers", "quotes/" + uuid.NewString()} {
		if res, body := ask(post.ID+"/"+path, false); res.StatusCode != 401 {
			t.Errorf("%s unsigned: got %d %s, want 401", path, res.StatusCode, body)
		}
	}
	if res, body := ask(tw.at("/activities/"+uuid.NewString()), false); res.StatusCode != 401 {
		t.Errorf("an activity unsigned: got %d %s, want 401", res.StatusCode, body)
	}
	tw.open().visit(post.URL).must("Brioche.")
	tw.open().visit(bakery.URL).must("Le Fournil")
	for _, path := range []string{"/.well-known/webfinger?resource=acct:fournil@" + url.QueryEscape(tw.host), "/.well-known/host-meta", "/.well-known/nodeinfo", "/nodeinfo/2.1", "/atom.xml"} {
		if res, body := ask(tw.at(path), false); res.StatusCode != 200 {
			t.Errorf("%s unsigned: got %d %s, want 200", path, res.StatusCode, body)
		}
	}
	tw.run("block", strings.Split(f.host, ":")[0])
	eventually(t, "the block counts", func() error {
		if res, body := ask(post.ID, true); res.StatusCode != 403 || body != `{"error":"blocked"}` {
			return fmt.Errorf("got %d %s, want 403 blocked", res.StatusCode, body)
		}
		return nil
	})
}
