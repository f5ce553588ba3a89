package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/config"
	"bourg/internal/postgres/testdb"
	"bourg/internal/town"
	"bourg/web"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// house is a town with its router, and people of every role.
type house struct {
	*server
	t       *testing.T
	router  http.Handler
	bakery  *town.Merchant
	grocer  *town.Merchant
	peer    *federation.Actor
	replies int
	log     *logLines
}

const houseURL = "https://saint-laurent.example"

// openHouse opens a town that is set up, with a bakery and a greengrocer.
func openHouse(t *testing.T, environ ...string) *house {
	t.Helper()
	h := openEmptyHouse(t, append(environ, "BOURG_TOWN_NAME=Saint-Laurent-sur-Cèze", "BOURG_TOWN_HANDLE=saintlaurent",
		"BOURG_TOWN_INSEE=30273", "BOURG_TOWN_LAT=44.17", "BOURG_TOWN_LON=4.49")...)
	h.bakery = h.addShop("Le Fournil de la Halle", "fournil", "boulangerie")
	h.grocer = h.addShop("Au Potager d’Hortense", "potager", "primeur")
	return h
}

func openEmptyHouse(t *testing.T, environ ...string) *house {
	t.Helper()
	cfg, err := config.Load(append([]string{
		"BOURG_URL=" + houseURL, "BOURG_DATA=" + t.TempDir(), "BOURG_DATABASE_URL=" + testdb.URL(t),
	}, environ...))
	if err != nil {
		t.Fatal(err)
	}
	log := &logLines{}
	tw, err := openTown(t.Context(), cfg, newLog(log, "serve"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tw.close)
	s, err := newServer(tw)
	if err != nil {
		t.Fatal(err)
	}
	return &house{server: s, t: t, router: s.router(), log: log}
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) addShop(name, handle, trade string) *town.Merchant {
	h.t.Helper()
	m, _, err := h.town.directory.AddMerchant(h.t.Context(), operator, town.NewMerchant{
		Name: name, Handle: handle, Trade: trade, Email: handle + "@saint-laurent.example",
	})
	h.must(err)
	return m
}

// publish publishes at once, or as the screens do, held for the undo window.
func (h *house) publish(m *town.Merchant, text string, hold bool) *town.Post {
	h.t.Helper()
	post, err := h.town.publisher.Publish(h.t.Context(), operator, m.ID, town.Draft{Text: text}, hold)
	h.must(err)
	return post
}

// reply lets somebody elsewhere write under a post.
func (h *house) reply(p *town.Post, content string, state town.ReplyState) uuid.UUID {
	h.t.Helper()
	if h.peer == nil {
		id := federation.IRI("https://ailleurs.example/users/odile")
		h.peer = &federation.Actor{
			ID: id, Type: "Person", PreferredUsername: "odile", Name: "Odile", URL: id, Inbox: id + "/inbox",
			Keys: []federation.PublicKey{{ID: id + "#main-key", Owner: id, PEM: "PEM"}},
		}
	}
	h.replies++
	activity := fmt.Sprintf("%s/activities/%d", h.peer.ID, h.replies)
	r := &town.Reply{
		ID: uuid.New(), ObjectID: federation.IRI(activity + "/note"), Merchant: p.Merchant.ID, Post: p.ID,
		InReplyTo: h.town.addresses.Post(p.ID), URL: federation.IRI(activity + "/page"), Public: true, Content: content, Language: "fr",
		Published: time.Now().UTC(), Received: time.Now().UTC(), State: state,
	}
	in := town.Received{Key: town.Key(string(h.peer.ID), activity), Sender: h.peer, ID: federation.IRI(activity)}
	h.must(h.town.store.AddReply(h.t.Context(), in, r))
	return r.ID
}

// quote lets somebody elsewhere quote a post, with leave.
func (h *house) quote(p *town.Post) *town.Quote {
	h.t.Helper()
	h.replies++
	activity := fmt.Sprintf("%s/activities/%d", h.peer.ID, h.replies)
	q := &town.Quote{
		ID: uuid.New(), Post: p.ID, Merchant: p.Merchant.ID, ObjectID: federation.IRI(activity + "/note"), URL: federation.IRI(activity + "/page"),
		Actor: town.RemoteActor{ID: h.peer.ID}, Granted: true, At: time.Now(),
	}
	in := town.Received{Key: town.Key(string(h.peer.ID), activity), Sender: h.peer, ID: federation.IRI(activity)}
	h.must(h.town.store.AddQuote(h.t.Context(), in, q, nil))
	return q
}

// report lets somebody elsewhere report a post, and returns the number of the report.
func (h *house) report(p *town.Post) string {
	h.t.Helper()
	h.replies++
	activity := fmt.Sprintf("%s/activities/%d", h.peer.ID, h.replies)
	r := &town.Report{Merchant: p.Merchant.ID, Posts: []uuid.UUID{p.ID}, Words: "Publicité mensongère", Received: time.Now()}
	in := town.Received{Key: town.Key(string(h.peer.ID), activity), Sender: h.peer, ID: federation.IRI(activity)}
	h.must(h.town.store.AddReport(h.t.Context(), in, r, false))
	return fmt.Sprint(r.Number)
}

// link is a one-time link for the login with this address.
func (h *house) link(email string) string {
	h.t.Helper()
	login, err := h.town.store.LoginByEmail(h.t.Context(), email)
	h.must(err)
	link, err := h.town.accounts.Link(h.t.Context(), login.ID, time.Hour)
	h.must(err)
	return strings.TrimPrefix(link, houseURL)
}

// enter signs somebody in.
func (h *house) enter(email string) *person {
	h.t.Helper()
	p := h.visitor()
	if rec := p.post(h.link(email), nil); rec.Code != http.StatusSeeOther {
		h.t.Fatalf("entering as %s: got status %d, want 303", email, rec.Code)
	}
	return p
}

func (h *house) enterTownHall() *person {
	h.t.Helper()
	_, err := h.town.accounts.AddTownHall(h.t.Context(), "mairie@saint-laurent.example")
	h.must(err)
	return h.enter("mairie@saint-laurent.example")
}

// person is somebody with a browser that keeps cookies and follows nothing by itself.
type person struct {
	h       *house
	cookies map[string]*http.Cookie
	from    string // address of the connection
}

func (h *house) visitor() *person {
	return &person{h: h, cookies: map[string]*http.Cookie{}, from: "192.0.2.7:5000"}
}

// send sends a request as a browser would that shows our own page.
func (p *person) send(method, path string, body io.Reader, contentType string, edit ...func(*http.Request)) *httptest.ResponseRecorder {
	p.h.t.Helper()
	r := httptest.NewRequestWithContext(p.h.t.Context(), method, path, body)
	r.Host, r.RemoteAddr = "saint-laurent.example", p.from
	r.Header.Set("User-Agent", "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36")
	r.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		r.Header.Set("Origin", houseURL)
		r.Header.Set("Content-Type", contentType)
	}
	for _, c := range p.cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	for _, e := range edit {
		e(r)
	}
	rec := httptest.NewRecorder()
	p.h.router.ServeHTTP(rec, r)
	for _, c := range rec.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(p.cookies, c.Name)
		} else {
			p.cookies[c.Name] = c
		}
	}
	return rec
}

func (p *person) get(path string, edit ...func(*http.Request)) *httptest.ResponseRecorder {
	p.h.t.Helper()
	return p.send(http.MethodGet, path, nil, "", edit...)
}

func (p *person) post(path string, form url.Values, edit ...func(*http.Request)) *httptest.ResponseRecorder {
	p.h.t.Helper()
	return p.send(http.MethodPost, path, strings.NewReader(form.Encode()), "application/x-www-form-urlencoded", edit...)
}

// upload sends a form with a file; a nil file is a field that was left empty.
func (p *person) upload(path string, form url.Values, field, name string, file []byte) *httptest.ResponseRecorder {
	p.h.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for key, all := range form {
		for _, v := range all {
			p.h.must(w.WriteField(key, v))
		}
	}
	part, err := w.CreateFormFile(field, name)
	p.h.must(err)
	_, err = part.Write(file)
	p.h.must(err)
	p.h.must(w.Close())
	return p.send(http.MethodPost, path, &body, w.FormDataContentType())
}

// picture is a photo as a phone makes it, of a size and colour of its own.
func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.Set(x, y, color.RGBA{uint8(x), uint8(y), uint8(x * y), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The roles of the table of expectations, in its order.
const (
	anonymous = iota
	disabled  // signed in, and then disabled
	shopless  // signed in, speaks for no shop
	other     // another shop
	owner     // the shop that it is about
	hall      // the town hall
	roleCount
)

var roleNames = [roleCount]string{"anonymous", "disabled", "shopless", "another shop", "the shop", "the town hall"}

// expectation is what one route answers to each role. path and form may make new things for each of them.
type expectation struct {
	path string
	make func() string // in the place of path
	form func() url.Values
	want [roleCount]int
}

func all(status int) (want [roleCount]int) {
	for i := range want {
		want[i] = status
	}
	return want
}

// The usual answers: pages behind a sign-in lead to it, forms behind one say so.
var (
	shopPage   = [roleCount]int{303, 303, 403, 200, 200, 403}
	ownPage    = [roleCount]int{303, 303, 403, 404, 200, 403}
	ownForm    = [roleCount]int{401, 401, 403, 404, 303, 403}
	townPage   = [roleCount]int{303, 303, 403, 403, 403, 200}
	townForm   = [roleCount]int{401, 401, 403, 403, 403, 303}
	memberPage = [roleCount]int{303, 303, 200, 200, 200, 200}
)

// relay is the path of the server's own actor.
func (h *house) relay() string {
	h.t.Helper()
	relay, err := h.town.store.RelayActor(h.t.Context())
	h.must(err)
	return "/actors/" + relay.ID.String()
}

// expectations says what every route answers to everybody.
func (h *house) expectations() map[string]expectation {
	id := uuid.NewString()
	post := h.publish(h.bakery, "Fournée de seigle.", false)
	reply := h.reply(post, "<p>Gardez-m’en deux.</p>", town.ReplyShown)
	event := h.publishKind(h.bakery, town.Draft{Kind: town.Event, Details: town.Details{Title: "Fournée ouverte", Starts: time.Now().AddDate(0, 0, 2)}})
	quote, report := h.quote(post), h.report(post)
	group, err := h.town.groups.Add(h.t.Context(), operator, town.NewGroup{Kind: town.GroupMarket, Name: "Marché du jeudi", Members: []uuid.UUID{h.bakery.ID}})
	h.must(err)
	market := "/mairie/groupes/" + group.ID.String()
	h.must(h.town.store.ChangeNeighbour(h.t.Context(), "vernede.example", func(k *town.Neighbour) ([]town.Outgoing, error) {
		k.Name, k.Outgoing, k.Mode = "Vernède", town.StandingAccepted, town.ModeOpen
		return nil, nil
	}))
	away := &town.ForeignPost{
		ID: uuid.New(), ObjectID: "https://vernede.example/posts/1", Domain: "vernede.example", Actor: town.RemoteActor{ID: "https://vernede.example/actors/1"},
		Kind: town.News, Content: "<p>Pain miracle.</p>", URL: "https://vernede.example/@pain/1", Published: time.Now(), Received: time.Now(),
	}
	h.must(h.town.store.KeepForeignPost(h.t.Context(), away))
	foreign := away.ID.String()
	offer := h.publishKind(h.bakery, town.Draft{Kind: town.Offer, Text: "Deux pour un.", Details: town.Details{Title: "Fougasses"}})
	product := h.publishKind(h.bakery, town.Draft{Kind: town.Product, Details: town.Details{Title: "Seigle"}})
	act := func(p *town.Post, what string) string { return "/espace/nouvelles/" + p.ID.String() + "/" + what }
	stored, err := h.town.media.Add(h.t.Context(), bytes.NewReader(picture(h.t, 64, 48)))
	h.must(err)
	actor, note := "/actors/"+h.bakery.ID.String(), "/posts/"+post.ID.String()
	news := func(what string) string { return "/espace/nouvelles/" + post.ID.String() + "/" + what }
	held := func(what string) func() string {
		return func() string {
			return "/espace/nouvelles/" + h.publish(h.bakery, "Trop vite.", true).ID.String() + "/" + what
		}
	}
	form := func(pairs ...string) func() url.Values {
		return func() url.Values {
			values := url.Values{}
			for i := 0; i < len(pairs); i += 2 {
				values.Set(pairs[i], pairs[i+1])
			}
			return values
		}
	}
	return map[string]expectation{
		"POST /inbox":                               {path: "/inbox", want: all(415)},
		"POST /actors/{actor}/inbox":                {path: actor + "/inbox", want: all(415)},
		"GET /actors/{actor}":                       {path: actor, want: all(303)},
		"GET /actors/{actor}/outbox":                {path: actor + "/outbox", want: all(200)},
		"GET /actors/{actor}/followers":             {path: actor + "/followers", want: all(200)},
		"GET /actors/{actor}/following":             {path: actor + "/following", want: all(200)},
		"GET /actors/{actor}/featured":              {path: actor + "/featured", want: all(200)},
		"GET /actors/{actor}/products":              {path: actor + "/products", want: all(200)},
		"GET /actors/{actor}/latest":                {path: h.relay() + "/latest", want: all(200)},
		"GET /actors/{actor}/neighbours":            {path: h.relay() + "/neighbours", want: all(200)},
		"GET /actors/{actor}/card":                  {path: actor + "/card", want: all(303)},
		"GET /posts/{post}":                         {path: note, want: all(303)},
		"GET /posts/{post}/replies":                 {path: note + "/replies", want: all(200)},
		"GET /posts/{post}/context":                 {path: note + "/context", want: all(200)},
		"GET /posts/{post}/likes":                   {path: note + "/likes", want: all(200)},
		"GET /posts/{post}/shares":                  {path: note + "/shares", want: all(200)},
		"GET /posts/{post}/organizers":              {path: note + "/organizers", want: all(404)},
		"GET /posts/{post}/quotes/{quote}":          {path: note + "/quotes/" + quote.ID.String(), want: all(200)},
		"GET /activities/{activity}":                {path: "/activities/" + post.ID.String(), want: all(200)},
		"GET /.well-known/webfinger":                {path: "/.well-known/webfinger?resource=acct:fournil@saint-laurent.example", want: all(200)},
		"GET /.well-known/host-meta":                {path: "/.well-known/host-meta", want: all(200)},
		"GET /.well-known/host-meta.json":           {path: "/.well-known/host-meta.json", want: all(200)},
		"GET /.well-known/nodeinfo":                 {path: "/.well-known/nodeinfo", want: all(200)},
		"GET /nodeinfo/2.1":                         {path: "/nodeinfo/2.1", want: all(200)},
		"GET /nodeinfo/2.0":                         {path: "/nodeinfo/2.0", want: all(200)},
		"GET /":                                     {path: "/", want: all(200)},
		"GET /commerces":                            {path: "/commerces?c=bouche", want: all(200)},
		"GET /recherche":                            {path: "/recherche?q=seigle", want: all(200)},
		"GET /envoi":                                {path: "/envoi?de=/@fournil", want: all(200)},
		"GET /suivre":                               {path: "/suivre?qui=fournil&adresse=odile@ailleurs.example", want: all(200)},
		"POST /suivre":                              {path: "/suivre", form: form("qui", "fournil", "adresse", "odile@ailleurs.example"), want: all(303)},
		"GET /accessibilite":                        {path: "/accessibilite", want: all(200)},
		"GET /charte":                               {path: "/charte", want: all(200)},
		"GET /charte.txt":                           {path: "/charte.txt", want: all(200)},
		"GET /mentions-legales":                     {path: "/mentions-legales", want: all(200)},
		"GET /voisins":                              {path: "/voisins", want: all(200)},
		"GET /agenda":                               {path: "/agenda", want: all(200)},
		"GET /agenda.ics":                           {path: "/agenda.ics", want: all(200)},
		"GET /atom.xml":                             {path: "/atom.xml", want: all(200)},
		"GET /alentours.xml":                        {path: "/alentours.xml", want: all(200)},
		"GET /@{handle}":                            {path: "/@fournil", want: all(200)},
		"GET /@{handle}/atom.xml":                   {path: "/@fournil/atom.xml", want: all(200)},
		"GET /@{handle}/agenda.ics":                 {path: "/@fournil/agenda.ics", want: all(200)},
		"GET /@{handle}/{post}":                     {path: "/@fournil/" + post.ID.String(), want: all(200)},
		"GET /@{handle}/{post}/agenda.ics":          {path: "/@fournil/" + event.ID.String() + "/agenda.ics", want: all(200)},
		"POST /apparence":                           {path: "/apparence", form: form("theme", "sombre"), want: all(303)},
		"GET /connexion":                            {path: "/connexion", want: [roleCount]int{200, 200, 303, 303, 303, 303}},
		"POST /connexion":                           {path: "/connexion", form: form("email", "personne@saint-laurent.example", "geste", "lien"), want: [roleCount]int{200, 200, 200, 200, 200, 429}},
		"GET /connexion/{token}":                    {path: "/connexion/" + id, want: all(410)},
		"POST /connexion/{token}":                   {path: "/connexion/" + id, want: all(410)},
		"GET /installation/{token}":                 {path: "/installation/" + id, want: all(404)},
		"POST /installation/{token}":                {path: "/installation/" + id, form: form("nom", "Ailleurs", "insee", "30001", "latitude", "44", "longitude", "4", "email", "moi@ailleurs.example"), want: all(404)},
		"GET /espace":                               {path: "/espace", want: all(303)},
		"POST /espace/choisir":                      {path: "/espace/choisir", form: form("commerce", h.bakery.ID.String()), want: ownForm},
		"GET /espace/publier":                       {path: "/espace/publier", want: shopPage},
		"POST /espace/publier":                      {path: "/espace/publier", form: form("texte", "Bonjour", "geste", "publier"), want: [roleCount]int{401, 401, 403, 303, 303, 403}},
		"POST /espace/brouillons/{draft}/supprimer": {path: "/espace/brouillons/" + id + "/supprimer", want: [roleCount]int{401, 401, 403, 303, 303, 403}},
		"GET /espace/nouvelles/{post}/publie":       {path: news("publie"), want: ownPage},
		"POST /espace/nouvelles/{post}/annuler":     {make: held("annuler"), want: ownForm},
		"GET /espace/nouvelles/{post}/envois":       {path: news("envois"), want: ownPage},
		"GET /espace/nouvelles/{post}/modifier":     {path: news("modifier"), want: ownPage},
		"POST /espace/nouvelles/{post}/modifier":    {make: held("modifier"), form: form("texte", "Mieux.", "geste", "publier"), want: ownForm},
		"GET /espace/nouvelles/{post}/supprimer":    {path: news("supprimer"), want: ownPage},
		"POST /espace/nouvelles/{post}/supprimer":   {make: held("supprimer"), want: ownForm},
		"GET /@{handle}/{post}/versions":            {path: "/@fournil/" + post.ID.String() + "/versions", want: all(200)},
		"GET /espace/nouvelles/{post}/finir":        {path: act(offer, "finir"), want: ownPage},
		"POST /espace/nouvelles/{post}/finir":       {path: act(offer, "finir"), form: form("geste", "sold_out"), want: ownForm},
		"GET /espace/nouvelles/{post}/annulation":   {path: act(event, "annulation"), want: ownPage},
		"POST /espace/nouvelles/{post}/annulation":  {path: act(event, "annulation"), want: ownForm},
		"GET /espace/nouvelles/{post}/report":       {path: act(event, "report"), want: ownPage},
		"POST /espace/nouvelles/{post}/report":      {path: act(event, "report"), form: form("geste", "sans_date"), want: ownForm},
		"GET /espace/nouvelles/{post}/avant":        {path: act(product, "avant"), want: ownPage},
		"POST /espace/nouvelles/{post}/avant":       {path: act(product, "avant"), want: ownForm},
		"GET /espace/messages":                      {path: "/espace/messages", want: shopPage},
		"GET /espace/messages/{reply}":              {path: "/espace/messages/" + reply.String(), want: ownPage},
		"POST /espace/messages/{reply}":             {path: "/espace/messages/" + reply.String(), form: form("geste", "masquer"), want: ownForm},
		"POST /espace/citations/{quote}":            {path: "/espace/citations/" + quote.ID.String(), want: ownForm},
		"GET /espace/commerce":                      {path: "/espace/commerce", want: shopPage},
		"GET /espace/page":                          {path: "/espace/page", want: [roleCount]int{303, 303, 403, 301, 301, 403}},
		"POST /espace/commerce":                     {path: "/espace/commerce", form: form("nom", "Chez nous", "metier", "boulangerie"), want: [roleCount]int{401, 401, 403, 303, 303, 403}},
		"GET /espace/abonnes":                       {path: "/espace/abonnes", want: shopPage},
		"POST /espace/abonnes":                      {path: "/espace/abonnes", form: form("geste", "retirer", "qui", "https://ailleurs.example/users/odile"), want: [roleCount]int{401, 401, 403, 303, 303, 403}},
		"GET /espace/demenager":                     {path: "/espace/demenager", want: shopPage},
		"POST /espace/demenager":                    {path: "/espace/demenager", form: form("geste", "venir", "ancien", ""), want: [roleCount]int{401, 401, 403, 422, 422, 403}},
		"GET /espace/demenager/abonnes.csv":         {path: "/espace/demenager/abonnes.csv", want: shopPage},
		"GET /espace/messages/{reply}/versions":     {path: "/espace/messages/" + reply.String() + "/versions", want: ownPage},
		"GET /mairie/reponses/{reply}":              {path: "/mairie/reponses/" + reply.String(), want: townPage},
		"GET /espace/compte":                        {path: "/espace/compte", want: memberPage},
		"POST /espace/compte/mot-de-passe":          {path: "/espace/compte/mot-de-passe", form: form("nouveau", "court"), want: [roleCount]int{401, 401, 422, 422, 422, 422}},
		"POST /espace/compte/appareils":             {path: "/espace/compte/appareils", form: form("appareil", strings.Repeat("ab", 32)), want: [roleCount]int{401, 401, 303, 303, 303, 303}},
		"GET /mairie":                               {path: "/mairie", want: townPage},
		"POST /mairie/reponses":                     {path: "/mairie/reponses", form: form("reponse", reply.String(), "geste", "accepter"), want: [roleCount]int{401, 401, 403, 403, 403, 303}},
		"GET /mairie/commerces":                     {path: "/mairie/commerces", want: townPage},
		"POST /mairie/commerces":                    {path: "/mairie/commerces", form: form("nom", "Brin de Garrigue", "metier", "fleuriste"), want: [roleCount]int{401, 401, 403, 403, 403, 200}},
		"POST /mairie/commerces/lien":               {path: "/mairie/commerces/lien", form: form("commerce", h.bakery.ID.String()), want: [roleCount]int{401, 401, 403, 403, 403, 200}},
		"POST /mairie/commerces/retour":             {path: "/mairie/commerces/retour", form: form("commerce", h.bakery.ID.String()), want: [roleCount]int{401, 401, 403, 403, 403, 303}},
		"GET /mairie/signaler/{reply}":              {path: "/mairie/signaler/" + reply.String(), want: townPage},
		"POST /mairie/signaler/{reply}":             {path: "/mairie/signaler/" + reply.String(), form: form("motif", "Injures"), want: [roleCount]int{401, 401, 403, 403, 403, 303}},
		"GET /mairie/signalements/envoyes":          {path: "/mairie/signalements/envoyes", want: townPage},
		"GET /mairie/ailleurs":                      {path: "/mairie/ailleurs", want: townPage},
		"POST /mairie/ailleurs":                     {path: "/mairie/ailleurs", form: form("id", id, "geste", "retirer"), want: [roleCount]int{401, 401, 403, 403, 403, 303}},
		"GET /mairie/reseau":                        {path: "/mairie/reseau", want: townPage},
		"POST /mairie/reseau":                       {path: "/mairie/reseau", form: form("domaine", "mauvais.example", "geste", "bloquer"), want: [roleCount]int{401, 401, 403, 403, 403, 303}},
		"GET /mairie/voisins":                       {path: "/mairie/voisins", want: townPage},
		"GET /mairie/voisins/demander":              {path: "/mairie/voisins/demander", want: townPage},
		"GET /mairie/voisins/{domain}":              {path: "/mairie/voisins/vernede.example", want: townPage},
		"POST /mairie/voisins":                      {path: "/mairie/voisins", form: form("domaine", "vernede.example", "geste", "mode", "mode", "review"), want: townForm},
		"POST /mairie/voisins/commerces": {
			path: "/mairie/voisins/commerces", form: form("commerce", "https://vernede.example/actors/1", "geste", "taire"), want: townForm,
		},
		"GET /mairie/signalements":     {path: "/mairie/signalements", want: townPage},
		"POST /mairie/signalements":    {path: "/mairie/signalements", form: form("numero", report, "decision-"+report, "Rien à retirer."), want: [roleCount]int{401, 401, 403, 403, 403, 303}},
		"GET /mairie/groupes":          {path: "/mairie/groupes", want: townPage},
		"POST /mairie/groupes":         {path: "/mairie/groupes", form: form("metier", "boulangerie"), want: [roleCount]int{401, 401, 403, 403, 403, 303}},
		"GET /mairie/groupes/nouveau":  {path: "/mairie/groupes/nouveau?genre=marche", want: townPage},
		"POST /mairie/groupes/nouveau": {path: "/mairie/groupes/nouveau", form: form("genre", "marche", "nom", "Marché du samedi"), want: [roleCount]int{401, 401, 403, 403, 403, 303}},
		"GET /mairie/groupes/{group}":  {path: market, want: townPage},
		"POST /mairie/groupes/{group}": {path: market, form: form("geste", "arreter", "nom", "Marché du jeudi"), want: [roleCount]int{401, 401, 403, 403, 403, 303}},
		"GET /mairie/reglages":         {path: "/mairie/reglages", want: townPage},
		"POST /mairie/reglages":        {path: "/mairie/reglages", form: form("telephone", "04 65 71 20 00", "couleur", "#ffd400"), want: [roleCount]int{401, 401, 403, 403, 403, 303}},
		"GET /static/*":                {path: h.pages.Static().(*web.Static).URL("bourg.css"), want: all(200)},
		"GET /media/*":                 {path: "/media/" + stored.Variants[0].File, want: all(200)},
		"GET /healthz":                 {path: "/healthz", want: all(200)},
		"GET /readyz":                  {path: "/readyz", want: all(200)},

		"POST /mairie/signalements/envoyes": {path: "/mairie/signalements/envoyes", form: form("objet", "https://vernede.example/posts/1"), want: townForm},
		"GET /mairie/signaler/voisin/{post}": {
			path: "/mairie/signaler/voisin/" + foreign, want: townPage,
		},
		"POST /mairie/signaler/voisin/{post}": {
			path: "/mairie/signaler/voisin/" + foreign, form: form("motif", "spam", "explication", "Trop."), want: townForm,
		},
		"GET /mairie/reseau/blocages":     {path: "/mairie/reseau/blocages", want: townPage},
		"POST /mairie/reseau/blocages":    {path: "/mairie/reseau/blocages", form: form("liste", "x.example"), want: [roleCount]int{401, 401, 403, 403, 403, 415}}, // a file is missing
		"GET /mairie/reseau/blocages.csv": {path: "/mairie/reseau/blocages.csv", want: townPage},

		// Last, because afterwards nobody is signed in any more.
		"POST /deconnexion": {path: "/deconnexion", want: all(303)},

		"GET /actors/{actor}/active":                    {path: actor + "/active", want: all(401)},                    // for neighbours' relays, which sign
		"GET /actors/{actor}/followers_synchronization": {path: actor + "/followers_synchronization", want: all(401)}, // for servers that sign
	}
}

// everybody is one person of each role.
func (h *house) everybody() [roleCount]*person {
	ctx := h.t.Context()
	for _, email := range []string{"sans@saint-laurent.example", "parti@saint-laurent.example"} {
		h.must(h.town.store.AddLogin(ctx, &town.Login{ID: uuid.New(), Email: email}, uuid.Nil))
	}
	gone := h.enter("parti@saint-laurent.example")
	_, err := h.town.store.Pool().Exec(ctx, `UPDATE logins SET disabled_at = now() WHERE email = 'parti@saint-laurent.example'`)
	h.must(err)
	return [roleCount]*person{
		anonymous: h.visitor(), disabled: gone, shopless: h.enter("sans@saint-laurent.example"),
		other: h.enter("potager@saint-laurent.example"), owner: h.enter("fournil@saint-laurent.example"), hall: h.enterTownHall(),
	}
}

// Every route answers every role as the table above says; a route that is not in it is a mistake (A11).
func TestRoutes(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	people, expected := h.everybody(), h.expectations()
	table := h.routes()
	slices.SortStableFunc(table, func(a, b route) int { // signing out comes last
		return strings.Count(a.pattern, "/deconnexion") - strings.Count(b.pattern, "/deconnexion")
	})
	for _, r := range table {
		name := r.method + " " + r.pattern
		e, known := expected[name]
		delete(expected, name)
		if !known {
			t.Errorf("%s: nobody has said who may enter", name)
			continue
		}
		for role, p := range people {
			path := e.path
			if e.make != nil {
				path = e.make()
			}
			var got *httptest.ResponseRecorder
			if r.method == http.MethodGet {
				got = p.get(path)
				head := p.send(http.MethodHead, path, nil, "")
				if head.Code != got.Code {
					t.Errorf("HEAD %s as %s: got status %d, want %d", r.pattern, roleNames[role], head.Code, got.Code)
				}
			} else {
				var values url.Values
				if e.form != nil {
					values = e.form()
				}
				got = p.post(path, values)
			}
			if got.Code != e.want[role] {
				t.Errorf("%s as %s: got status %d, want %d", name, roleNames[role], got.Code, e.want[role])
			}
			if kind := got.Header().Get("Content-Type"); strings.HasPrefix(kind, "text/html") && got.Body.Len() > 0 &&
				!strings.Contains(got.Header().Get("Content-Security-Policy"), "default-src 'none'") &&
				got.Code != http.StatusSeeOther && got.Code != http.StatusMovedPermanently {
				t.Errorf("%s as %s: a page without a security policy", name, roleNames[role])
			}
		}
	}
	for name := range expected {
		t.Errorf("%s: expected, and no route", name)
	}
}

// No form of another site has an effect, nor one of which no browser says where it stood (A1).
func badOrigin(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	people, expected := h.everybody(), h.expectations()
	before := h.contents()
	for _, r := range h.routes() {
		if r.method != http.MethodPost || isInbox(r.pattern) {
			continue
		}
		e := expected[r.method+" "+r.pattern]
		if e.make != nil {
			e.path = "/espace/nouvelles/" + uuid.NewString() + "/" + r.pattern[strings.LastIndexByte(r.pattern, '/')+1:]
		}
		for what, edit := range map[string]func(*http.Request){
			"no origin":       func(r *http.Request) { r.Header.Del("Origin") },
			"foreign origin":  func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
			"null origin":     func(r *http.Request) { r.Header.Set("Origin", "null") },
			"cross-site":      func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
			"a sister's site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") },
		} {
			for _, role := range []int{anonymous, owner, hall} {
				var values url.Values
				if e.form != nil {
					values = e.form()
				}
				if got := people[role].post(e.path, values, edit); got.Code != http.StatusForbidden {
					t.Errorf("%s from %s as %s: got status %d, want 403", r.pattern, what, roleNames[role], got.Code)
				}
			}
		}
	}
	if after := h.contents(); !maps.Equal(before, after) {
		t.Errorf("the database has changed: got %v, want %v", after, before)
	}
}

// contents is a fingerprint of each table.
func (h *house) contents() map[string]string {
	h.t.Helper()
	ctx := h.t.Context()
	rows, _ := h.town.store.Pool().Query(ctx, `
		SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		 WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND relname NOT LIKE 'river%' AND relname NOT LIKE 'goose%'`)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	h.must(err)
	prints := map[string]string{}
	for _, name := range tables {
		var print string
		err := h.town.store.Pool().QueryRow(ctx, `SELECT count(*) || ' ' || coalesce(md5(string_agg(x::text, ',' ORDER BY x::text)), '')
			FROM `+pgx.Identifier{name}.Sanitize()+` x`).Scan(&print)
		h.must(err)
		prints[name] = print
	}
	return prints
}

// Reading changes nothing (A1): whoever opens whatever page, the database is the same afterwards. Opening a message marks it
// as seen, which is the one exception, and only for its shop.
func TestReadingChangesNothing(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	people, expected := h.everybody(), h.expectations()
	for _, p := range people {
		p.get("/") // the session of who is disabled ends
	}
	before := h.contents()
	for _, r := range h.routes() {
		if r.method != http.MethodGet {
			continue
		}
		for _, p := range people {
			p.get(expected["GET "+r.pattern].path)
		}
		after := h.contents()
		if r.pattern == "/espace/messages/{reply}" {
			if before["notifications"] == after["notifications"] {
				t.Error("the message that was opened is not seen")
			}
			before["notifications"] = after["notifications"]
		}
		if !maps.Equal(before, after) {
			t.Errorf("GET %s: the database has changed", r.pattern)
			before = after
		}
	}
}

// Addresses that do not exist, exist with other methods, or are written in another way.
func TestAddressesInOtherForms(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	p := h.visitor()
	for _, c := range []struct {
		method, path string
		want         int
		header       string // name
		value        string
	}{
		{"GET", "/rien", 404, "", ""},
		{"GET", "/en/rien", 404, "Content-Language", "en"},
		{"GET", "/en", 200, "Content-Language", "en"},
		{"GET", "/en/@fournil", 200, "Content-Language", "en"},
		{"GET", "/en/inbox", 404, "", ""},
		{"GET", "/en/actors/" + h.bakery.ID.String(), 404, "", ""},
		{"GET", "/%40fournil", 200, "", ""},
		{"GET", "/@FOURNIL", 303, "Location", "/@fournil"},
		{"GET", "/@fournil%00", 404, "", ""},
		{"GET", "/@relay", 404, "", ""},
		{"GET", "/@fournil/pas-un-id", 404, "", ""},
		{"GET", "/inbox", 405, "Allow", "POST"},
		{"POST", "/commerces", 405, "Allow", "GET, HEAD"},
		{"GET", "/deconnexion", 405, "Allow", "POST"},
		{"GET", "/media/../../etc/passwd", 404, "", ""},
		{"GET", "/media/%2e%2e/%2e%2e/etc/passwd", 404, "", ""},
		{"GET", "/commerces?c=inconnu", 404, "", ""},
		{"GET", "/commerces?apres=personne", 400, "", ""},
		{"GET", "/?avant=1000000000", 400, "", ""},
		{"GET", "/?avant=NaN", 400, "", ""},
		{"GET", "/@fournil?avant=-1", 400, "", ""},
		{"GET", "/suivre?qui=personne", 404, "", ""},
		{"GET", "/suivre?objet=//evil", 404, "", ""},
	} {
		got := p.send(c.method, c.path, nil, "")
		if got.Code != c.want || c.header != "" && got.Header().Get(c.header) != c.value {
			t.Errorf("%s %s: got status %d and %s %q, want %d and %q", c.method, c.path, got.Code, c.header, got.Header().Get(c.header), c.want, c.value)
		}
	}
}

// An anonymous visitor costs no look at sessions and gets no cookie; an unknown cookie neither.
func TestVisitorsGetNoCookie(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	for _, cookie := range []string{"", "__Host-bourg=made-up", "other=1"} {
		got := h.visitor().get("/", func(r *http.Request) {
			if cookie != "" {
				r.Header.Set("Cookie", cookie)
			}
		})
		if got.Code != http.StatusOK || got.Header().Get("Set-Cookie") != "" {
			t.Errorf("with the cookie %q: got status %d and %q, want 200 and no cookie", cookie, got.Code, got.Header().Get("Set-Cookie"))
		}
	}
	many := func(r *http.Request) { r.Header.Set("Cookie", strings.Repeat("a=1; ", 100)) }
	if got := h.visitor().get("/", many); got.Code != http.StatusBadRequest {
		t.Errorf("a hundred cookies: got status %d, want 400", got.Code)
	}
}

// Before the town is set up, every page for people says so, and none leads in circles.
func TestBeforeTheSetUp(t *testing.T) {
	t.Parallel()
	h := openEmptyHouse(t)
	p := h.visitor()
	for _, r := range h.routes() {
		if forMachines(r.pattern) || strings.HasPrefix(r.pattern, "/installation") || r.pattern == "/apparence" {
			continue
		}
		path := strings.NewReplacer("{handle}", "fournil", "{post}", uuid.NewString(), "{reply}", uuid.NewString(), "{draft}", uuid.NewString(), "{token}", "x").Replace(r.pattern)
		got := p.get(path)
		if r.method == http.MethodPost {
			got = p.post(path, nil)
		}
		if got.Code != http.StatusServiceUnavailable || got.Header().Get("Retry-After") == "" {
			t.Errorf("%s %s: got status %d, want 503 and a time to come back", r.method, path, got.Code)
		}
	}
	if got := p.get("/static/" + "x"); got.Code != http.StatusNotFound {
		t.Errorf("a file: got status %d, want 404", got.Code)
	}
}
