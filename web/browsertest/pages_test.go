package browsertest

import (
	"path/filepath"
	"slices"
	"testing"
)

// screen is a page that somebody can come to: by its address, or by pressing a button there.
type screen struct {
	Name   string            `json:"name"`
	Path   string            `json:"path"`
	Fill   map[string]string `json:"fill,omitempty"`   // words by field
	Choose map[string]string `json:"choose,omitempty"` // files by field
	Press  string            `json:"press,omitempty"`  // words on a button
	Status int               `json:"status,omitempty"` // of the answer, if not 200
	Dark   bool              `json:"dark,omitempty"`   // photographed by night too

	budget budget
}

// budget is what a page may weigh, in bytes as they travel, without photos.
type budget struct{ html, js, total, requests int }

// The budgets by kind of page.
var (
	threadBudget   = budget{html: 14_000, total: 60_000, requests: 6}
	readerBudget   = budget{html: 10_000, total: 35_000, requests: 6}
	composerBudget = budget{html: 6_000, js: 6_000, total: 35_000, requests: 7}
	deskBudget     = budget{html: 20_000, js: 4_000, total: 60_000, requests: 8}
)

// The style sheet's budget is part of every page's.
const cssBudget = 10_000

// measure is what pages.mjs measured: bytes as they travelled, and how much the content
// jumped (Cumulative Layout Shift).
type measure struct {
	HTML, CSS, JS, Photos, Total int
	Requests, PhotoRequests      int
	Shift                        float64
}

// How much content may jump, and what the photos of a first visit may weigh with the rest.
const (
	maxShift       = 0.02
	maxFirstScreen = 200_000
)

// A town full of life, as readers walk through it and page by page.
func TestALivelyTown(t *testing.T) {
	t.Parallel()
	m, l := equipment(t), livelyTown(t)
	t.Run("reading", func(t *testing.T) {
		folder := pictures(t, "reading")
		for _, d := range devices() {
			t.Run(d.name, func(t *testing.T) {
				d.act(t, m, l.town, folder, "read", map[string]any{
					"shop": sampleShop,
					"news": map[string]string{"path": l.news, "shopPath": "/@" + sampleHandle, "reply": sampleReply},
				})
			})
		}
	})
	merchant, hall := l.signIn(l.toMerchant), l.signIn(l.toHall)
	for _, group := range []struct {
		who, cookie string
		screens     []screen
	}{
		{"readers", "", slices.Concat(l.readersScreens(), groupScreens(), neighbourReaders(), surroundingsScreens())},
		{"merchant", merchant, l.merchantsScreens(merchant)},
		{"town hall", hall, slices.Concat(townHallScreens(), l.reportScreens(hall), l.groupsOfTownHall(hall), l.neighboursOfTownHall(hall))},
	} {
		t.Run(group.who, func(t *testing.T) { m.hold(t, l.town, group.who, group.cookie, group.screens) })
	}
}

// The set-up of a town that nobody has opened yet.
func TestSetUpScreens(t *testing.T) {
	t.Parallel()
	m, tw := equipment(t), newTown(t)
	tw.start("serve")
	link := tw.loggedLink()[len(tw.origin):]
	m.hold(t, tw, "set-up", "", []screen{
		{Name: "pas-encore-ouvert", Path: "/", Status: 503, budget: readerBudget},
		{Name: "installation", Path: link, budget: deskBudget},
		{Name: "installation-erreur", Path: link, Press: "Ouvrir le bourg", Status: 422, budget: deskBudget},
	})
}

func (l *lively) readersScreens() []screen {
	shop, older := "/@"+sampleHandle, l.href("/", "", `/\?avant=[^"]+`)
	login := l.run("merchant", "add", "--handle", "vannerie", "--name", "La Vannerie", "--trade", "artisan")["sign_in"]
	return []screen{
		{Name: "fil", Path: "/", Dark: true, budget: threadBudget},
		{Name: "fil-suite", Path: older, budget: threadBudget},
		{Name: "fil-en", Path: "/en/", budget: threadBudget},
		{Name: "commerce", Path: shop, Dark: true, budget: readerBudget},
		{Name: "commerce-nu", Path: "/@vannerie", budget: readerBudget},
		{Name: "commerce-en", Path: "/en" + shop, budget: readerBudget},
		{Name: "nouvelle", Path: l.news, budget: readerBudget},
		{Name: "nouvelle-en", Path: "/en" + l.news, budget: readerBudget},
		{Name: "commerces", Path: "/commerces", budget: readerBudget},
		{Name: "commerces-en", Path: "/en/commerces", budget: readerBudget},
		{Name: "recherche", Path: "/recherche", budget: readerBudget},
		{Name: "recherche-trouve", Path: "/recherche?q=pain", budget: readerBudget},
		{Name: "recherche-rien", Path: "/recherche?q=zibeline", budget: readerBudget},
		{Name: "suivre", Path: "/suivre", budget: readerBudget},
		{Name: "suivre-un", Path: "/suivre?qui=" + sampleHandle, budget: readerBudget},
		{Name: "suivre-ailleurs", Path: "/suivre?qui=" + sampleHandle + "&adresse=@odile@ailleurs.example", budget: readerBudget},
		{Name: "suivre-erreur", Path: "/suivre?qui=" + sampleHandle + "&adresse=odile", Status: 422, budget: readerBudget},
		{Name: "suivre-en", Path: "/en/suivre", budget: readerBudget},
		{Name: "connexion", Path: "/connexion", budget: deskBudget},
		{Name: "connexion-mot-de-passe", Path: "/connexion?mot_de_passe=1", budget: deskBudget},
		{Name: "connexion-erreur", Path: "/connexion", Press: "Recevoir le lien", Status: 422, budget: deskBudget},
		{
			Name: "lien-envoye", Path: "/connexion", Fill: map[string]string{"email": "personne@saint-laurent.example"},
			Press: "Recevoir le lien", budget: deskBudget,
		},
		{Name: "entrer", Path: login[len(l.origin):], budget: deskBudget},
		{Name: "entrer-trop-tard", Path: "/connexion/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", Status: 410, budget: deskBudget},
		{Name: "erreur", Path: "/ruelle-perdue", Status: 404, budget: readerBudget},
		{Name: "erreur-en", Path: "/en/lost-lane", Status: 404, budget: readerBudget},
		{Name: "accessibilite", Path: "/accessibilite", budget: readerBudget},
		{Name: "accessibilite-en", Path: "/en/accessibilite", budget: readerBudget},
		{Name: "charte", Path: "/charte", budget: readerBudget},
		{Name: "mentions", Path: "/mentions-legales", budget: readerBudget},
		{Name: "mentions-en", Path: "/en/mentions-legales", budget: readerBudget},
	}
}

func (l *lively) merchantsScreens(cookie string) []screen {
	message := l.href("/espace/messages", cookie, `/espace/messages/[^"]+`)
	edit, remove := l.href(l.news, cookie, `/[^"]+/modifier`), l.href(l.news, cookie, `/[^"]+/supprimer`)
	photo := map[string]string{"photo": "../../cmd/bourg/demo/pain.jpg"}
	return []screen{
		{Name: "publier", Path: "/espace/publier?neuf=1", budget: composerBudget},
		{Name: "publier-debut", Path: "/espace/publier?debut=arrivage", budget: composerBudget},
		{Name: "publier-erreur", Path: "/espace/publier?neuf=1", Press: "Publier", Status: 422, budget: composerBudget},
		{
			Name: "publier-photo", Path: "/espace/publier?neuf=1", Choose: photo, Fill: map[string]string{"texte": "Pour samedi."},
			budget: composerBudget,
		},
		{
			Name: "publie", Path: "/espace/publier?neuf=1", Choose: photo, Fill: map[string]string{"texte": "Tourtes de deux livres."},
			Press: "Publier", budget: composerBudget,
		},
		{
			Name: "publier-garde", Path: "/espace/publier?neuf=1", Choose: photo, Fill: map[string]string{"texte": "Pour dimanche."},
			Press: "Garder pour plus tard", budget: composerBudget,
		},
		{
			Name: "publier-pas-une-photo", Path: "/espace/publier?neuf=1", Fill: map[string]string{"texte": "Pour lundi."},
			Choose: map[string]string{"photo": "package.json"}, Press: "Publier", Status: 422, budget: composerBudget,
		},
		{Name: "modifier", Path: edit, budget: composerBudget},
		{Name: "supprimer", Path: remove, budget: deskBudget},
		{Name: "nouvelle-a-soi", Path: l.news, budget: readerBudget},
		{Name: "messages", Path: "/espace/messages", budget: deskBudget},
		{Name: "message", Path: message, budget: deskBudget},
		{Name: "message-erreur", Path: message, Press: "Répondre à", Status: 422, budget: deskBudget},
		{Name: "message-en", Path: "/en" + message, budget: deskBudget},
		{Name: "mapage", Path: "/espace/commerce", budget: deskBudget},
		{Name: "mapage-erreur", Path: "/espace/commerce", Fill: map[string]string{"nom": ""}, Press: "Enregistrer", Status: 422, budget: deskBudget},
		{
			Name: "mapage-heures-fausses", Path: "/espace/commerce",
			Fill: map[string]string{"mardi": "vers 9 h", "jour2_mots": "Congés", "jour2_heures": "le matin"}, Press: "Enregistrer", Status: 422, budget: deskBudget,
		},
		{Name: "mapage-enregistre", Path: "/espace/commerce", Press: "Enregistrer", budget: deskBudget},
		{Name: "abonnes", Path: "/espace/abonnes", budget: deskBudget},
		{Name: "demenager", Path: "/espace/demenager", budget: deskBudget},
		{Name: "demenager-erreur", Path: "/espace/demenager", Press: "aussi mon compte", Status: 422, budget: deskBudget},
		{Name: "demenager-en", Path: "/en/espace/demenager", budget: deskBudget},
		{Name: "compte", Path: "/espace/compte", budget: deskBudget},
		{Name: "compte-erreur", Path: "/espace/compte", Fill: map[string]string{"nouveau": "court"}, Press: "Enregistrer", Status: 422, budget: deskBudget},
		{Name: "interdit", Path: "/mairie", Status: 403, budget: readerBudget},
	}
}

func townHallScreens() []screen {
	return []screen{
		{Name: "mairie", Path: "/mairie", budget: deskBudget},
		{Name: "mairie-en", Path: "/en/mairie", budget: deskBudget},
		{Name: "mairie-commerces", Path: "/mairie/commerces", budget: deskBudget},
		{Name: "mairie-commerces-erreur", Path: "/mairie/commerces", Press: "Inscrire et préparer le lien", Status: 422, budget: deskBudget},
		{Name: "mairie-invitation", Path: "/mairie/commerces", Press: "Nouveau lien", budget: deskBudget},
		{Name: "ailleurs", Path: "/mairie/ailleurs", budget: deskBudget},
		{Name: "mairie-reseau", Path: "/mairie/reseau", budget: deskBudget},
		{Name: "mairie-reseau-erreur", Path: "/mairie/reseau", Press: "Ne plus recevoir", Status: 422, budget: deskBudget},
		{
			Name: "mairie-reseau-bloque", Path: "/mairie/reseau",
			Fill: map[string]string{"domaine": "malveillant.example", "raison": "Injures"}, Press: "Ne plus recevoir", budget: deskBudget,
		},
		{Name: "blocages", Path: "/mairie/reseau/blocages", budget: deskBudget},
		{Name: "blocages-erreur", Path: "/mairie/reseau/blocages", Press: "Voir ce qui changerait", Status: 422, budget: deskBudget},
		{
			Name: "blocages-apercu", Path: "/mairie/reseau/blocages",
			Choose: map[string]string{"liste": "testdata/blocages.csv"}, Press: "Voir ce qui changerait", budget: deskBudget,
		},
		{Name: "mairie-envoyes", Path: "/mairie/signalements/envoyes", budget: deskBudget},
		{Name: "mairie-reglages", Path: "/mairie/reglages", budget: deskBudget},
		{Name: "mairie-reglages-erreur", Path: "/mairie/reglages", Fill: map[string]string{"telephone": "*#06#"}, Press: "Enregistrer", Status: 422, budget: deskBudget},
		{Name: "mairie-signalements", Path: "/mairie/signalements", budget: deskBudget},
		{Name: "mairie-compte", Path: "/espace/compte", budget: deskBudget},
	}
}

// reportScreens are those on which the town hall reports a reply to the site from which it came.
func (l *lively) reportScreens(cookie string) []screen {
	report := l.href(l.news, cookie, `/mairie/signaler/[^"]+`)
	return []screen{
		{Name: "signaler", Path: report, budget: deskBudget},
		{Name: "signaler-envoye", Path: report, Press: "Signaler à", budget: deskBudget},
	}
}

// hold holds screens to everything that a machine can tell of them.
func (m machine) hold(t *testing.T, tw *town, who, cookie string, screens []screen) {
	t.Helper()
	folder := pictures(t, who)
	job := map[string]any{"origin": tw.origin, "cookie": cookie, "folder": folder, "pages": screens}
	seen := map[string]measure{}
	for _, f := range m.script(t, "pages.mjs", job) {
		if f.Fault != "" {
			t.Errorf("%s: %s: %s", f.Page, f.Check, f.Fault)
		}
		if f.Measured != nil {
			seen[f.Page] = *f.Measured
		}
	}
	for _, s := range screens {
		got, ok := seen[s.Name]
		if !ok {
			t.Errorf("%s: was not seen", s.Name)
			continue
		}
		s.weigh(t, got)
	}
	done := 0
	for _, f := range m.script(t, "a11y.mjs", job) {
		if f.Fault != "" {
			t.Errorf("%s: %s: %s", f.Page, f.Check, f.Fault)
		}
		if f.Done {
			done++
		}
	}
	if done != len(screens) {
		t.Errorf("accessibility: %d pages were looked at, want %d", done, len(screens))
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.html"))
	if err != nil || len(files) != len(screens) {
		t.Errorf("html-validate: got %d pages (%v), want %d", len(files), err, len(screens))
	}
	if out, err := m.validate(t, files...).CombinedOutput(); err != nil {
		t.Errorf("html-validate: %v\n%s", err, out)
	}
}

// weigh holds a page to its budget.
func (s screen) weigh(t *testing.T, got measure) {
	t.Helper()
	t.Logf("%-24s html %6d  css %6d  js %5d  all %6d in %d requests; photos %7d in %d; shift %.3f",
		s.Name, got.HTML, got.CSS, got.JS, got.Total, got.Requests, got.Photos, got.PhotoRequests, got.Shift)
	for _, limit := range []struct {
		what      string
		got, most int
	}{
		{"bytes of HTML", got.HTML, s.budget.html}, {"bytes of CSS", got.CSS, cssBudget}, {"bytes of script", got.JS, s.budget.js},
		{"bytes in all", got.Total, s.budget.total}, {"requests", got.Requests, s.budget.requests},
	} {
		if limit.got > limit.most {
			t.Errorf("%s: got %d %s, want at most %d", s.Name, limit.got, limit.what, limit.most)
		}
	}
	if all := got.Total + got.Photos; s.Name == "fil" && all > maxFirstScreen {
		t.Errorf("%s: got %d bytes with the photos of a first visit, want at most %d", s.Name, all, maxFirstScreen)
	}
	if s.Press == "" && s.Choose == nil && got.Shift > maxShift { // what somebody does on a page may move it
		t.Errorf("%s: the content jumps by %.3f, want at most %.2f", s.Name, got.Shift, maxShift)
	}
}
