package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"bourg/internal/town"

	"golang.org/x/net/html"
)

// The stories below are about what shops publish beside plain news, as people see it.

// publishKind publishes a draft of any kind for a shop; it leaves at once.
func (h *house) publishKind(m *town.Merchant, d town.Draft) *town.Post {
	h.t.Helper()
	post, err := h.town.publisher.Publish(h.t.Context(), operator, m.ID, d, false)
	h.must(err)
	return post
}

// here is a moment of a day from today, in the town's time zone.
func (h *house) here(days, hour, minute int) time.Time {
	h.t.Helper()
	t, err := h.town.directory.Town(h.t.Context())
	h.must(err)
	y, m, d := time.Now().In(t.Location()).Date()
	return time.Date(y, m, d+days, hour, minute, 0, 0, t.Location())
}

func cents(n int) *town.Cents {
	c := town.Cents(n)
	return &c
}

// pageOf is the path of a post's page.
func pageOf(p *town.Post) string { return "/@" + p.Merchant.Handle + "/" + p.ID.String() }

// dataOf is what a page says to machines.
func dataOf(t *testing.T, rec *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	root, err := html.Parse(strings.NewReader(rec.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Data != "script" || n.FirstChild == nil {
			continue
		}
		var data map[string]any
		if err := json.Unmarshal([]byte(n.FirstChild.Data), &data); err != nil {
			t.Fatalf("data for machines: %v in %s", err, n.FirstChild.Data)
		}
		return data
	}
	return nil
}

// at follows the names into what machines read.
func at(data any, names ...string) string {
	for _, name := range names {
		if list, ok := data.([]any); ok && len(list) > 0 {
			data = list[len(list)-1]
		}
		m, ok := data.(map[string]any)
		if !ok {
			return ""
		}
		data = m[name]
	}
	if data == nil {
		return ""
	}
	return fmt.Sprint(data)
}

// An offer stands on its slate in the thread, on the shop's page and on its own, with its prices, and says when it is over.
func TestAnOfferIsSeen(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	post := h.publishKind(h.grocer, town.Draft{Kind: town.Offer, Text: "Cultivés aux Aires-Hautes.", Details: town.Details{
		Title: "Potimarrons du plateau", Starts: h.here(0, 0, 0), Ends: h.here(5, 23, 59),
		Offer: &town.OfferDetails{Price: cents(220), Prior: cents(290), Unit: "le kilo", Conditions: "Coupe offerte.", Stock: 40},
	}})
	everywhere := []string{"Potimarrons du plateau", "2,20 €", "le kilo, au lieu de 2,90 €", "Cultivés aux Aires-Hautes.", "Coupe offerte.", "Jusqu'au ", "tant qu'il y en a"}
	reader := h.visitor()
	for _, path := range []string{"/", "/@potager", pageOf(post), "/recherche?q=potimarron"} {
		shows(t, path, reader.get(path), http.StatusOK, everywhere...)
	}
	shows(t, "the shop's window", reader.get("/@potager"), http.StatusOK, "Offres du moment")
	shows(t, "in English", reader.get("/en/"), http.StatusOK, "€2.20", "instead of €2.90", "while stocks last", "Offer")
	data := dataOf(t, reader.get(pageOf(post)))
	for _, c := range []struct{ got, want string }{
		{at(data, "@type"), "Offer"}, {at(data, "@context"), "https://schema.org"}, {at(data, "price"), "2.20"}, {at(data, "priceCurrency"), "EUR"},
		{at(data, "priceSpecification", "price"), "2.90"}, {at(data, "priceSpecification", "priceType"), "https://schema.org/StrikethroughPrice"},
		{at(data, "availability"), "https://schema.org/LimitedAvailability"}, {at(data, "seller", "name"), "Au Potager d’Hortense"},
		{at(data, "validThrough"), h.here(5, 23, 59).Format(time.RFC3339)}, {at(data, "url"), houseURL + pageOf(post)},
	} {
		if c.got != c.want {
			t.Errorf("for machines: got %q, want %q in %v", c.got, c.want, data)
		}
	}
	_, err := h.town.publisher.CloseOffer(t.Context(), operator, post.ID, town.OfferSoldOut)
	h.must(err)
	closed := reader.get(pageOf(post))
	shows(t, "sold out", closed, http.StatusOK, "Tout est parti")
	if got := words(reader.get("/@potager")); strings.Contains(got, "Offres du moment") {
		t.Error("sold out: it is still in the shop's window")
	}
	if got := at(dataOf(t, closed), "availability"); got != "https://schema.org/SoldOut" {
		t.Errorf("sold out: machines are told %q", got)
	}
}

// A product stands on the stall without being in the thread, and comes there when it is put forward.
func TestAProductIsSeen(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	post := h.publishKind(h.bakery, town.Draft{Kind: town.Product, Details: town.Details{
		Title: "Seigle au levain", Product: &town.ProductDetails{Price: cents(480), From: true, Unit: "la pièce de 900 g", Availability: town.ToOrder, Lead: "la veille"},
	}})
	reader := h.visitor()
	shows(t, "the stall", reader.get("/@fournil"), http.StatusOK, "À la vitrine", "Seigle au levain", "à partir de 4,80 €", "la pièce de 900 g", "Sur commande, la veille")
	if got := words(reader.get("/")); strings.Contains(got, "Seigle") {
		t.Error("it is in the thread before it was put forward")
	}
	page := reader.get(pageOf(post))
	shows(t, "its page", page, http.StatusOK, "Produit", "4,80 €")
	data := dataOf(t, page)
	for _, c := range []struct{ got, want string }{
		{at(data, "@type"), "Product"}, {at(data, "offers", "@type"), "AggregateOffer"}, {at(data, "offers", "lowPrice"), "4.80"},
		{at(data, "offers", "availability"), "https://schema.org/MadeToOrder"},
	} {
		if c.got != c.want {
			t.Errorf("for machines: got %q, want %q in %v", c.got, c.want, data)
		}
	}
	_, err := h.town.publisher.Highlight(t.Context(), operator, post.ID)
	h.must(err)
	shows(t, "put forward", reader.get("/"), http.StatusOK, "Seigle au levain", "Produit")
}

// An article stands in the thread with its title and beginning, and whole on its page.
func TestAnArticleIsSeen(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	text := strings.Repeat("On la prend à trois kilomètres d’ici. ", 60) + "Et voilà le bol du matin."
	post := h.publishKind(h.bakery, town.Draft{Kind: town.Article, Text: text, Details: town.Details{Title: "D’où vient la terre rouge </script>"}})
	reader := h.visitor()
	thread := reader.get("/")
	shows(t, "the thread", thread, http.StatusOK, "D'où vient la terre rouge", "Article, 2 min", "Lire l'article")
	if strings.Contains(words(thread), "bol du matin") {
		t.Error("the thread holds the whole article")
	}
	page := reader.get(pageOf(post))
	shows(t, "its page", page, http.StatusOK, "Et voilà le bol du matin.")
	data := dataOf(t, page)
	if at(data, "@type") != "Article" || at(data, "headline") != "D’où vient la terre rouge </script>" || at(data, "author", "name") != "Le Fournil de la Halle" {
		t.Errorf("for machines: got %v", data)
	}
	if !strings.Contains(page.Body.String(), `<meta property="og:type" content="article">`) {
		t.Error("the card does not say that it is an article")
	}
}

// Events stand in the agenda by day and page by page, beside the thread, and on the shop's page; each is to be had for calendars.
func TestTheAgenda(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	shows(t, "an empty agenda", h.visitor().get("/agenda"), http.StatusOK, "Rien d'annoncé encore")
	event := func(title string, starts, ends time.Time) *town.Post {
		return h.publishKind(h.bakery, town.Draft{Kind: town.Event, Text: "Entrée libre.\nTisane offerte.", Details: town.Details{
			Title: title, Starts: starts, Ends: ends, Event: &town.EventDetails{Place: "La Page cornée", Address: "2 rue des Tisserands"},
		}})
	}
	first := event("Veillée de lecture", h.here(1, 17, 0), h.here(1, 18, 30))
	for i := range 24 {
		event(fmt.Sprintf("Marché %d.", i), h.here(10+i, 8, 0), time.Time{})
	}
	reader := h.visitor()
	page := reader.get("/agenda")
	shows(t, "the agenda", page, http.StatusOK, "Veillée de lecture", "De 17 h à 18 h 30", "La Page cornée, 2 rue des Tisserands", "Le Fournil de la Halle", "Marché 18.", "La suite de l'agenda")
	next := regexp.MustCompile(`href="(/agenda\?apres=[^"]+)"`).FindStringSubmatch(page.Body.String())
	if next == nil || strings.Contains(words(page), "Marché 19.") {
		t.Fatalf("the first page: got more than twenty events, or no further page")
	}
	later := reader.get(next[1])
	shows(t, "the next page", later, http.StatusOK, "Marché 19.", "Marché 23.", "Revenir au début")
	if got := words(later); strings.Contains(got, "Marché 18.") || strings.Contains(got, "La suite") {
		t.Error("the next page: an event comes twice, or there is a third page")
	}
	shows(t, "a place that nobody wrote", reader.get("/agenda?apres=demain"), http.StatusBadRequest)
	shows(t, "beside the thread", reader.get("/"), http.StatusOK, "Cette semaine", "Veillée de lecture, La Page cornée, 2 rue des Tisserands, 17 h")
	shows(t, "the shop's page", reader.get("/@fournil"), http.StatusOK, "Rendez-vous", "Veillée de lecture")

	file := reader.get(pageOf(first) + "/agenda.ics")
	for _, want := range []string{"SUMMARY:Veillée de lecture\r\n", "LOCATION:La Page cornée\\, 2 rue des Tisserands\r\n", "STATUS:CONFIRMED\r\n", "UID:" + first.ID.String() + "@saint-laurent.example\r\n",
		"DTSTART:" + h.here(1, 17, 0).UTC().Format("20060102T150405Z") + "\r\n", "Entrée libre.\\nTisane offerte."} {
		if !strings.Contains(file.Body.String(), want) {
			t.Errorf("the file: got no %q in\n%s", want, file.Body)
		}
	}
	if got := file.Header().Get("Content-Type"); got != "text/calendar; charset=utf-8" {
		t.Errorf("the file: got the type %q", got)
	}
	calendar := reader.get("/agenda.ics")
	if n := strings.Count(calendar.Body.String(), "BEGIN:VEVENT"); n != 25 {
		t.Errorf("the calendar: got %d events, want all 25", n)
	}
	tag := calendar.Header().Get("ETag")
	again := reader.send(http.MethodGet, "/agenda.ics", nil, "", func(r *http.Request) { r.Header.Set("If-None-Match", tag) })
	if again.Code != http.StatusNotModified || tag == "" {
		t.Errorf("the calendar once more: got status %d with the tag %q, want 304", again.Code, tag)
	}
	news := h.publish(h.bakery, "Fournée de seigle.", false)
	shows(t, "news for calendars", reader.get(pageOf(news)+"/agenda.ics"), http.StatusNotFound)
	shows(t, "under another shop", reader.get("/@potager/"+first.ID.String()+"/agenda.ics"), http.StatusNotFound)
	_, err := h.town.publisher.Publish(t.Context(), operator, h.bakery.ID, town.Draft{Kind: town.Event, Details: town.Details{Title: "Trop vite", Starts: h.here(2, 9, 0)}}, true)
	h.must(err)
	if got := reader.get("/agenda.ics").Body.String(); strings.Contains(got, "Trop vite") {
		t.Error("the calendar gives away what may be called back")
	}

	_, err = h.town.publisher.CancelEvent(t.Context(), operator, first.ID)
	h.must(err)
	cancelled := reader.get(pageOf(first))
	shows(t, "cancelled", cancelled, http.StatusOK, "Annulé", "Veillée de lecture")
	shows(t, "cancelled, in the agenda", reader.get("/agenda"), http.StatusOK, "Annulé")
	if got := at(dataOf(t, cancelled), "eventStatus"); got != "https://schema.org/EventCancelled" {
		t.Errorf("cancelled: machines are told %q", got)
	}
	if got := reader.get(pageOf(first) + "/agenda.ics").Body.String(); !strings.Contains(got, "STATUS:CANCELLED\r\n") || !strings.Contains(got, "SEQUENCE:") {
		t.Errorf("cancelled: calendars are not told:\n%s", got)
	}
	_, err = h.town.publisher.PostponeEvent(t.Context(), operator, first.ID, h.here(3, 20, 0), time.Time{})
	h.must(err)
	moved := reader.get(pageOf(first))
	shows(t, "put off", moved, http.StatusOK, "Reporté à cette date", "À 20 h")
	if got := at(dataOf(t, moved), "eventStatus"); got != "https://schema.org/EventRescheduled" {
		t.Errorf("put off: machines are told %q", got)
	}
	_, err = h.town.publisher.PostponeEvent(t.Context(), operator, first.ID, time.Time{}, time.Time{})
	h.must(err)
	shows(t, "put off to no day", reader.get(pageOf(first)), http.StatusOK, "Reporté, la date viendra plus tard")
	column := reader.get("/")
	shows(t, "put off to no day, beside the thread", column, http.StatusOK, "à venir Reporté, la date viendra plus tard : Veillée de lecture")
	if got := words(column); strings.Contains(got, "2 rue des Tisserands, 20 h") {
		t.Error("put off to no day, beside the thread: the old hour still stands there")
	}
}

// A notice on the door stands in the thread.
func TestANoticeIsSeen(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	post := h.publishKind(h.bakery, town.Draft{Kind: town.Closure, Text: "Commandes de fête jusqu’au 19.", Details: town.Details{Starts: h.here(3, 0, 0), Ends: h.here(5, 23, 59)}})
	for _, path := range []string{"/", "/@fournil", pageOf(post)} {
		shows(t, path, h.visitor().get(path), http.StatusOK, "Fermeture exceptionnelle", "Fermé du ", "Commandes de fête jusqu'au 19.")
	}
}
