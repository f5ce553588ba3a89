package browsertest

import (
	"strings"
	"testing"
	"time"
)

// townWithAShop is a town with one shop, whose posts leave at once, and the shop's one-time link.
func townWithAShop(t *testing.T) (*town, string) {
	t.Helper()
	tw := newTown(t)
	tw.env = append(tw.env, "BOURG_TOWN_NAME=Saint-Laurent-sur-Cèze", "BOURG_TOWN_HANDLE=saintlaurent", "BOURG_TOWN_INSEE=30273",
		"BOURG_TOWN_LAT=44.17", "BOURG_TOWN_LON=4.49", "BOURG_UNDO_WINDOW=0s")
	tw.start("serve")
	shop := tw.run("merchant", "add", "--handle", sampleHandle, "--name", sampleShop, "--trade", "boulangerie",
		"--address", "4 place de la Fontaine, 30500 Saint-Laurent", "--phone", "04 65 71 20 12")
	return tw, shop["sign_in"]
}

// inDays is a day from today, in the town's time zone.
func inDays(t *testing.T, n int) time.Time {
	t.Helper()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return time.Now().In(paris).AddDate(0, 0, n)
}

// A merchant writes an offer, an event and a product, goes from one kind to another on the way, and does with each what one
// does: on each device.
func TestAMerchantPublishesEachKind(t *testing.T) {
	t.Parallel()
	m, folder := equipment(t), pictures(t, "kinds")
	for _, d := range devices() {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			tw, link := townWithAShop(t)
			d.act(t, m, tw, folder, "kinds", map[string]any{
				"link": link, "photo": "../../cmd/bourg/demo/pain.jpg",
				"day": inDays(t, 4).Format("02/01/2006"), "later": inDays(t, 6).Format(time.DateOnly),
			})
		})
	}
}

// Everything that the kinds have brought, page by page.
func TestScreensOfTheKinds(t *testing.T) {
	t.Parallel()
	m := equipment(t)
	tw, link := townWithAShop(t)
	publish := func(kind, title string, more ...string) map[string]string {
		return tw.run(append([]string{"publish", "--as", sampleHandle, "--kind", kind, "--title", title}, more...)...)
	}
	page := func(post map[string]string) string { return strings.TrimPrefix(post["url"], tw.origin) }
	act := func(post map[string]string, what string) string {
		return "/espace/nouvelles/" + post["id"][strings.LastIndex(post["id"], "/")+1:] + "/" + what
	}
	offer := publish("offer", "Fougasses aux gratons", "--price", "2", "--prior-price", "2.60", "--text", "Dès 16 h.",
		"--image", "../../cmd/bourg/demo/pain.jpg", "--alt", "Deux boules de seigle.")
	event := publish("event", "Fournée ouverte", "--from", inDays(t, 2).Format("2006-01-02T15:04"), "--text", "On pétrit ensemble.")
	publish("event", "Concert", "--from", inDays(t, 9).Format("2006-01-02T15:04"), "--place", "Place de la Halle")
	article := publish("article", "Le four de 1911", "--text", strings.Repeat("On le chauffe au chêne vert, deux heures avant l’aube. ", 30))
	product := publish("product", "Seigle au levain", "--price", "4.80", "--text", "La pièce de 900 g.")
	tw.run("edit", event["id"], "--text", "On pétrit ensemble, dès six ans.")

	readers := []screen{
		{Name: "fil-genres", Path: "/", Dark: true, budget: threadBudget},
		{Name: "agenda", Path: "/agenda", Dark: true, budget: readerBudget},
		{Name: "agenda-en", Path: "/en/agenda", budget: readerBudget},
		{Name: "commerce-genres", Path: "/@" + sampleHandle, Dark: true, budget: readerBudget},
		{Name: "offre", Path: page(offer), Dark: true, budget: readerBudget},
		{Name: "evenement", Path: page(event), budget: readerBudget},
		{Name: "article", Path: page(article), budget: readerBudget},
		{Name: "produit", Path: page(product), budget: readerBudget},
		{Name: "produit-en", Path: "/en" + page(product), budget: readerBudget},
		{Name: "versions", Path: page(event) + "/versions", budget: readerBudget},
		{Name: "envoi", Path: "/envoi?de=/@" + sampleHandle, budget: readerBudget},
		{Name: "envoi-bourg", Path: "/envoi", budget: readerBudget},
	}
	t.Run("readers", func(t *testing.T) { m.hold(t, tw, "kinds-readers", "", readers) })
	merchant := tw.signIn(link)
	merchants := []screen{
		{Name: "publier-offre", Path: "/espace/publier?genre=offre", Dark: true, budget: composerBudget},
		{Name: "publier-offre-erreur", Path: "/espace/publier?genre=offre", Fill: map[string]string{"prix": "deux euros"}, Press: "Publier", Status: 422, budget: composerBudget},
		{Name: "publier-evenement", Path: "/espace/publier?genre=evenement", budget: composerBudget},
		{Name: "publier-evenement-erreur", Path: "/espace/publier?genre=evenement", Press: "Publier", Status: 422, budget: composerBudget},
		{Name: "publier-article", Path: "/espace/publier?genre=article", budget: composerBudget},
		{Name: "publier-produit", Path: "/espace/publier?genre=produit", budget: composerBudget},
		{Name: "publier-en", Path: "/en/espace/publier?genre=offre", budget: composerBudget},
		{Name: "modifier-offre", Path: act(offer, "modifier"), budget: composerBudget},
		{Name: "evenement-a-soi", Path: page(event), budget: readerBudget},
		{Name: "finir", Path: act(offer, "finir"), budget: deskBudget},
		{Name: "annulation", Path: act(event, "annulation"), budget: deskBudget},
		{Name: "report", Path: act(event, "report"), budget: deskBudget},
		{Name: "report-erreur", Path: act(event, "report"), Press: "Reporter à ce jour", Status: 422, budget: deskBudget},
		{Name: "avant", Path: act(product, "avant"), budget: deskBudget},
	}
	t.Run("merchant", func(t *testing.T) { m.hold(t, tw, "kinds-merchant", merchant, merchants) })
}
