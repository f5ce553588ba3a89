package web

import (
	"fmt"
	"html/template"
	"slices"
	"time"

	"bourg/internal/town"
	"bourg/web/locale"
)

// The canned pages below hold rich invented data: every page of this package in the states that matter, for tests and for the
// gallery.

var paris = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		panic(err)
	}
	return zone
}()

// now is a market morning.
var now = time.Date(2026, 11, 26, 10, 5, 0, 0, paris)

func ago(days, hour, minute int) time.Time {
	return time.Date(2026, 11, 26-days, hour, minute, 0, 0, paris)
}

func cannedSite() Site {
	return Site{
		URL: "https://saint-laurent.example", Name: "Saint-Laurent-sur-Cèze", Handle: "@bourg@saint-laurent.example",
		HelpPhone: "0465712000", HelpHours: "de 9 h à 12 h", HelpEmail: "mairie@saint-laurent.example", Zone: paris,
	}
}

// canned is one page and where it lies.
type canned struct {
	name   string // of the file in the gallery
	path   string
	status int
	page   func(l *locale.Locale) Page
}

func photo(name, alt string) Photo {
	base := "/media/" + name
	p := Photo{Alt: alt, Width: 640, Height: 480, JPEG: []Source{{base + ".jpg", 640}}}
	if name == "pain" {
		p.JPEG = append(p.JPEG, Source{base + "-1280.jpg", 1280})
		p.Width, p.Height = 1280, 960
	}
	return p
}

func metres(m float64) *float64 { return &m }

func open(text string) *Etat { return &Etat{Open, text} }

var (
	fournil = Commerce{Name: "Le Fournil de la Halle", URL: "/@fournil", Handle: "@fournil@saint-laurent.example", Trade: "Boulangerie",
		Mark: "pain", Paint: "brique", Address: "4 place de la Fontaine", Phone: "+33465712012", State: open("Ouvert jusqu’à 13 h"), Distance: metres(10)}
	potager = Commerce{Name: "Au Potager d’Hortense", URL: "/@potager", Trade: "Primeur", Mark: "legume", Paint: "olive",
		Address: "sous la halle", Phone: "0465712031", State: open("Ouvert jusqu’à 12 h 30"), Distance: metres(85)}
	quincaillerie = Commerce{Name: "Quincaillerie du Pont", URL: "/@quincaillerie", Trade: "Quincaillerie", Mark: "cle", Paint: "zinc",
		Address: "quai de la Cèze", Phone: "0465712019", State: &Etat{Closed, "Fermé, ouvre à 14 h"}, Distance: metres(350)}
	librairie = Commerce{Name: "La Page cornée", URL: "/@page_cornee", Trade: "Librairie", Mark: "livre", Paint: "sapin",
		Address: "2 rue des Tisserands", State: open("Ouvert jusqu’à 19 h"), Distance: metres(60)}
	chevrerie = Commerce{Name: "La Chèvrerie du Moulin", URL: "https://pont-saint-verain.example/@chevrerie", Mark: "fromage", Paint: "ocre",
		Town: "Pont-Saint-Vérain", TownKm: metres(9), State: open("Ouvert jusqu’à 18 h")}
	poterie  = Commerce{Name: "Atelier Terre Rouge", URL: "/@terre_rouge", Trade: "Poterie", Mark: "pot", Paint: "brique", Address: "ancienne tuilerie", Distance: metres(1800)}
	cycles   = Commerce{Name: "Cycles de la Cèze", URL: "/@cycles", Trade: "Cycles", Mark: "velo", Paint: "nuit", Address: "quai de la Cèze", Phone: "0465712074", Distance: metres(400)}
	fleurs   = Commerce{Name: "Brin de Garrigue", URL: "/@brin", Trade: "Fleuriste", Mark: "fleur", Paint: "prune", Address: "7 Grand-Rue", Phone: "0465712066", Distance: metres(230)}
	miel     = Commerce{Name: "Miellerie du Plateau", URL: "/@miellerie", Trade: "Miellerie", Mark: "miel", Paint: "ocre", Address: "mas des Ruches", State: &Etat{Soon, "Sur le marché jusqu’à 13 h"}, Distance: metres(4200)}
	maison   = Commerce{Name: "Dépôt du Quai", URL: "/@depot"}
	allShops = []Commerce{fournil, librairie, potager, fleurs, quincaillerie, cycles, poterie, miel, maison}
)

func paragraph(texts ...string) template.HTML {
	var out template.HTML
	for _, t := range texts {
		out += template.HTML("<p>" + template.HTMLEscapeString(t) + "</p>")
	}
	return out
}

func seigle() Avis {
	return Avis{
		ID: "0193a1", Shop: fournil, URL: "/@fournil/0193a1", Published: ago(0, 8, 10), Replies: 4,
		Text:   paragraph("Fournée de seigle ce matin, cuite au bois. Il en reste une vingtaine, et quatre tourtes de deux livres. On garde la vôtre si vous appelez avant 11 h."),
		Photos: []Photo{photo("pain", "Deux boules de seigle et deux pains longs sur la table du fournil.")},
	}
}

func entries() []Avis {
	return []Avis{
		seigle(),
		{ID: "0193a2", Shop: potager, URL: "/@potager/0193a2", Published: ago(0, 7, 42), Text: paragraph("Potimarrons du plateau, cultivés aux Aires-Hautes, sans traitement. Coupe offerte jusqu’à samedi.")},
		{ID: "0193a3", Shop: quincaillerie, URL: "/@quincaillerie/0193a3", Published: ago(0, 7, 15), Replies: 1, Text: paragraph("Fermé vendredi après-midi pour inventaire. Réouverture samedi à 8 h 30.")},
		{ID: "0193a4", Shop: librairie, URL: "/@page_cornee/0193a4", Published: ago(1, 18, 20), Replies: 2, Cut: true,
			Text: paragraph("Veillée de lecture samedi de 17 h à 18 h 30 : contes des deux rives, pour les enfants dès cinq ans et ceux qui les accompagnent. Entrée libre, tisane offerte.")},
		{ID: "0193a5", Shop: chevrerie, URL: "https://pont-saint-verain.example/@chevrerie/1", Away: "Pont-Saint-Vérain", Published: ago(1, 17, 5),
			Text:   paragraph("Les tommes d’octobre sortent de cave. Nous serons aussi sur la place de Saint-Laurent samedi matin, à côté du banc de miel."),
			Photos: []Photo{photo("fromage", "Tommes et bûches de chèvre sur une planche de bois.")}},
		{ID: "0193a6", Shop: poterie, URL: "/@terre_rouge/0193a6", Published: ago(1, 16, 0), Photos: []Photo{photo("poterie", "")}},
		{ID: "0193a7", Shop: cycles, URL: "/@cycles/0193a7", Published: ago(1, 9, 5),
			Text:   paragraph("Atelier d’hiver : révision complète pendant que vous faites le marché. Déposez avant 9 h, reprenez à midi.", "Un vélo de prêt pour ceux qui travaillent."),
			Photos: []Photo{photo("velo", "Un vélo rouge à panier fleuri devant la vitrine de l’atelier.")}},
		{ID: "0193a8", Shop: fleurs, URL: "/@brin/0193a8", Published: ago(2, 7, 50), Replies: 1,
			Text:   paragraph("Derniers dahlias avant les gelées. Bouquets du jour à 12 €, à prendre dans le seau devant la porte."),
			Photos: []Photo{photo("fleurs", "Bouquet de dahlias rouges, roses et orange dans un seau de zinc.")}},
		{ID: "0193a9", Shop: miel, URL: "/@miellerie/0193a9", Published: ago(12, 11, 30), Lang: "en", Text: paragraph("Chestnut honey, the last jars of July.")},
	}
}

// cannedHours is the part of the form about hours, with everything in it.
func cannedHours() HorairesSaisis {
	f := HorairesSaisis{
		Words: "Le four s’allume à 3 h.", Dated: "de juillet à août 7 h–20 h",
		Special: []JourExceptionnel{
			{From: "2026-12-24", Hours: "7 h–17 h", Note: "Réveillon"}, {From: "2027-02-08", Through: "2027-02-21", Note: "Congés"},
		},
	}
	for i, id := range dayIDs() {
		f.Days = append(f.Days, JourSaisi{ID: id, Value: []string{"", "6 h 30–13 h et 16 h–19 h"}[min(i, 1)], Like: i > 0 && i < 7, Same: i == 3})
	}
	f.number()
	return f
}

func groups() []Groupe {
	return []Groupe{{"bouche", 12}, {"tables", 5}, {"maison", 7}, {"soins", 0}, {"loisirs", 3}}
}

func replies() []Reponse {
	return []Reponse{
		{ID: "1", Author: "Odile R.", Handle: "@odile@mastodon.example", URL: "https://mastodon.example/@odile/1", Published: ago(0, 8, 24), Text: paragraph("Gardez-moi une tourte, s’il vous plaît. Je passe après le marché.")},
		{ID: "2", Author: fournil.Name, Handle: fournil.Handle, Published: ago(0, 8, 31), Shop: &fournil, To: &Lien{URL: "#r-1", Text: "Odile R."}, Text: paragraph("C’est noté, Odile. Elle est au chaud sous le comptoir.")},
		{ID: "3", Author: "Bertille", Handle: "@bertille@vernede.example", Published: ago(0, 8, 52), Text: `<p><span class="h-card"><a href="https://saint-laurent.example/@fournil" class="u-url mention" rel="nofollow noopener noreferrer ugc">@fournil</a></span> Le moulin est content de retrouver sa farine en si bonne compagnie.</p>`},
		{ID: "5", Author: "Marguerite", Handle: "@marguerite@vernede.example", URL: "https://vernede.example/@marguerite/5", Published: ago(0, 9, 1), Face: face(), Edited: ago(0, 9, 2),
			Text: paragraph("Le voici sur ma table."), Photos: []Photo{photo("pain", "Une tranche de seigle beurrée.")}},
		{ID: "6", Author: "Anselme", Handle: "@anselme@vernede.example", Published: ago(0, 9, 3), Warning: "Fin de la fournée", Text: paragraph("Il n’en reste que deux."), Photos: []Photo{photo("pain", "")}},
		{ID: "7", Author: "Jeanne", Handle: "@jeanne@vernede.example", Published: ago(0, 9, 4), Sensitive: true, Text: paragraph("Mon doigt après le couteau à pain."), Photos: []Photo{photo("pain", "Un doigt bandé.")}},
		{ID: "4", Author: "", Handle: "@rando@asso.example", Published: ago(0, 9, 10), Lang: "en", Pending: true, Text: paragraph("Twelve of us will come on Saturday. Will there be enough fougasses?")},
	}
}

func formerWords(townHall bool) Page {
	return PagePremiersMots{
		Author: "Odile R.", Handle: "@odile@mastodon.example", TownHall: townHall, BackURL: "/espace/messages/1",
		Now:    Mot{At: ago(0, 9, 2), Text: paragraph("Gardez-m’en deux.")},
		Former: []Mot{{At: ago(0, 9, 2), Text: paragraph("Gardez-moi une tourte.")}, {At: ago(0, 8, 30), Lang: "en", Text: paragraph("Keep one for me.")}},
	}
}

func face() *Photo {
	p := photo("velo", "")
	return &p
}

func messagesList(current string) (pending, seen []Message) {
	mark := func(m Message) Message { m.Current = m.URL == current; return m }
	pending = []Message{
		mark(Message{URL: "/espace/messages/1", From: "Odile R.", Kind: "reponse", Excerpt: "Finalement deux, si c’est possible, pour 12 h 45 ?", At: ago(0, 9, 2)}),
		mark(Message{URL: "/espace/messages/2", From: "Marcher en Cèze", Kind: "attente", Excerpt: "Aurez-vous assez de fougasses à midi ?", At: ago(0, 9, 10)}),
	}
	seen = []Message{
		mark(Message{URL: "/espace/messages/3", From: "3 personnes", Kind: "favori", Excerpt: "Fournée de seigle ce matin, cuite au bois.", At: ago(0, 8, 52)}),
		mark(Message{URL: "/espace/messages/4", From: "La Bastide-Neuve", Kind: "partage", Excerpt: "Fournée de seigle ce matin, cuite au bois.", At: ago(1, 8, 52)}),
		mark(Message{URL: "/espace/messages/5", From: "Bertille", Kind: "abonne", At: ago(3, 18, 0)}),
		mark(Message{URL: "/espace/messages/6", From: "Mairie", Kind: "mairie", Excerpt: "Vos horaires de fêtes sont-ils bons ?", At: ago(9, 18, 0)}),
		mark(Message{URL: "/espace/messages/7", From: "Anselme", Kind: "mention", Excerpt: "Le pain de Saint-Laurent a gagné une médaille", At: ago(9, 17, 0)}),
	}
	return pending, seen
}

func tradeChoices(l *locale.Locale) []Choix {
	var out []Choix
	for _, s := range []string{"boulangerie", "fleuriste", "librairie", "autre"} {
		out = append(out, Choix{s, TradeName(l, s)})
	}
	return out
}

func composer(l *locale.Locale) PagePublier {
	return PagePublier{
		Shop: fournil, Action: "/espace/publier", Key: "0192f3b0", BrowserKey: "fournil-nouvelle", Reach: "everywhere", MaxRunes: 1500,
		Genre: "nouvelle", Starters: Starters(l), Preview: Avis{ID: "apercu", Shop: fournil},
	}
}

// cannedPages are all of them.
func cannedPages() []canned { return slices.Concat(cannedScreens(), cannedGroups(), hallPages()) }

func cannedScreens() []canned {
	hosts := []Serveur{
		{"aires-hautes.example", &Etat{Closed, "Injoignable depuis lundi à 8 h"}, []string{"23 envois attendent, le plus ancien depuis lundi à 8 h.", "Il met trop de temps à répondre.", "Prochain essai à 14 h 10."}, true},
		{"mastodon.example", &Etat{Open, "Va bien"}, nil, false},
	}
	return append([]canned{
		{"fil", "/", 200, func(l *locale.Locale) Page {
			return PageFil{Today: 3, Shops: 32, Days: ByDay(entries(), paris), OlderURL: "/?avant=0193a9", Families: Families(l, groups())}
		}},
		{"fil-suite", "/?avant=0193a1", 200, func(*locale.Locale) Page {
			return PageFil{Shops: 1, Days: ByDay(entries()[1:4], paris), NewerURL: "/"}
		}},
		{"fil-genres", "/", 200, func(l *locale.Locale) Page {
			return PageFil{Today: 3, Tonight: 1, Shops: 32, Days: ByDay(kinds(), paris), Events: append(agenda()[:5], agenda()[6]), Families: Families(l, groups())}
		}},
		{"agenda", "/agenda", 200, func(l *locale.Locale) Page {
			return PageAgenda{Spans: BySpan(l, agenda(), now, paris), LaterURL: "/agenda?apres=1", FirstURL: "/agenda", ICSURL: "/agenda.ics"}
		}},
		{"fil-alentours", "/?l=voisins", 200, func(l *locale.Locale) Page { return surroundingsPage(l) }},
		{"agenda-alentours", "/agenda", 200, func(l *locale.Locale) Page { return agendaAround(l) }},
		{"recherche-alentours", "/recherche?q=miel", 200, func(*locale.Locale) Page {
			return PageRecherche{Query: "miel", Shops: []Commerce{miel}, Around: away()}
		}},
		{"voisins", "/voisins", 200, func(l *locale.Locale) Page {
			near, far := 6.2, 17.0
			return PageVoisins{Towns: []Voisin{
				{ID: "v1", Name: "La Bastide-Neuve", URL: "https://bastide.example/", Host: "bastide.example", Km: &near, Accord: agreed(), Entries: []Avis{
					{ID: "a1", Shop: Commerce{Name: "Garage du Chêne", URL: "https://bastide.example/@garage"}, Away: "La Bastide-Neuve", URL: "https://bastide.example/@garage/1", Published: now, Text: "<p>Pneus neige montés sans rendez-vous.</p>"},
					{ID: "a2", Shop: Commerce{Name: "Café du Midi", URL: "https://bastide.example/@midi"}, Away: "La Bastide-Neuve", URL: "https://bastide.example/@midi/2", Published: now, Text: "<p>Tournoi, ce soir.</p>",
						Event: &RendezVous{Title: "Tarot", Start: now.Add(48 * time.Hour), End: now.Add(51 * time.Hour)}},
				}},
				{ID: "v2", Name: "Les Aires-Hautes", URL: "https://aires.example/", Host: "aires.example", Km: &far, Accord: Accord{Goes: agreed().Goes, Since: ago(20, 9, 0), Silence: "Ne répond plus depuis lundi", Quiet: "Rien de neuf depuis lundi."}},
				{ID: "v3", Name: "Castelvieil", URL: "https://castelvieil.example/", Host: "castelvieil.example", Accord: Accord{Since: ago(1, 9, 0), Quiet: "Nous échangeons depuis hier. Leurs nouvelles arrivent."}},
			}, Former: []Ancienne{{ID: "f1", Name: "Mont-Lozère", Text: "Cette commune n’est plus reliée depuis lundi."}}}
		}},
		{"mairie-voisins", "/mairie/voisins", 200, cannedConsole},
		{"mairie-voisins-aucune", "/mairie/voisins", 200, func(*locale.Locale) Page { return PageMairieVoisins{} }},
		{"mairie-demander", "/mairie/voisins/demander", 200, func(*locale.Locale) Page { return PageMairieDemander{} }},
		{"mairie-demander-fiche", "/mairie/voisins/demander?domaine=vernede.example", 200, cannedAsk},
		{"mairie-demander-erreur", "/mairie/voisins/demander?domaine=x", 422, func(l *locale.Locale) Page {
			return PageMairieDemander{Domain: "x", Errors: Erreurs{{Field: "domaine", Text: l.T("domain.silent")}}}
		}},
		{"mairie-voisin", "/mairie/voisins/castelvieil.example", 200, cannedNeighbour},
		{"mairie-voisin-demande", "/mairie/voisins/castelvieil.example", 422, cannedRequest},
		{"voisins-aucun", "/voisins", 200, func(*locale.Locale) Page { return PageVoisins{} }},
		{"agenda-vide", "/agenda", 200, func(*locale.Locale) Page { return PageAgenda{ICSURL: "/agenda.ics"} }},
		{"agenda-fin", "/agenda?apres=1", 200, func(*locale.Locale) Page { return PageAgenda{FirstURL: "/agenda", ICSURL: "/agenda.ics"} }},
		{"commerce-genres", "/@fournil", 200, func(*locale.Locale) Page {
			cover := photo("pain", "La table du fournil.")
			return PageCommerce{
				Shop: fournil, FollowName: "fournil", Cover: &cover, Offers: offers(), Products: products(), Events: agenda()[:2],
				Entries: append([]Avis{seigle()}, kinds()...),
			}
		}},
		{"nouvelle-offre", "/@potager/0193b2", 200, func(*locale.Locale) Page { return kindPage(kinds()[0]) }},
		{"nouvelle-offre-finie", "/@fournil/0193c3", 200, func(*locale.Locale) Page { return kindPage(offers()[2]) }},
		{"nouvelle-fermeture", "/@quincaillerie/0193b3", 200, func(*locale.Locale) Page { return kindPage(kinds()[1]) }},
		{"nouvelle-evenement", "/@page_cornee/0193b4", 200, func(*locale.Locale) Page { return kindPage(kinds()[2]) }},
		{"nouvelle-evenement-reporte", "/@page_cornee/0193b4", 200, func(*locale.Locale) Page { return kindPage(agenda()[6]) }},
		{"nouvelle-article", "/@terre_rouge/0193b5", 200, func(*locale.Locale) Page {
			a := kinds()[3]
			a.Text += paragraph(varied(1), varied(2), varied(3))
			return kindPage(a)
		}},
		{"nouvelle-produit", "/@miellerie/0193b6", 200, func(*locale.Locale) Page { return kindPage(kinds()[4]) }},
		{"nouvelle-a-soi", "/@page_cornee/0193b4", 200, func(*locale.Locale) Page {
			p := kindPage(kinds()[2])
			p.Entry.Edited, p.FormerURL = ago(0, 9, 0), "/@page_cornee/0193b4/versions"
			p.EditURL, p.DeleteURL = "/espace/nouvelles/0193b4/modifier", "/espace/nouvelles/0193b4/supprimer"
			p.Acts = Actes{"/espace/nouvelles/1/finir", "/espace/nouvelles/1/annulation", "/espace/nouvelles/1/report", "/espace/nouvelles/1/avant"}
			return p
		}},
		{"finir", "/espace/nouvelles/0193b2/finir", 200, func(*locale.Locale) Page {
			return PageFinir{Entry: kinds()[0], Action: "/espace/nouvelles/0193b2/finir"}
		}},
		{"finir-erreur", "/espace/nouvelles/0193b2/finir", 422, func(l *locale.Locale) Page {
			return PageFinir{Entry: kinds()[0], Action: "/espace/nouvelles/0193b2/finir", Errors: Erreurs{{"gestes", l.T("status.unknown")}}}
		}},
		{"annulation", "/espace/nouvelles/0193b4/annulation", 200, func(*locale.Locale) Page {
			return PageAnnulation{Entry: kinds()[2], Action: "/espace/nouvelles/0193b4/annulation"}
		}},
		{"report", "/espace/nouvelles/0193b4/report", 200, func(*locale.Locale) Page {
			return PageReport{Entry: kinds()[2], Action: "/espace/nouvelles/0193b4/report", Typed: Saisie{"debut": "17:00", "fin": "18:30"}}
		}},
		{"report-erreur", "/espace/nouvelles/0193b4/report", 422, func(l *locale.Locale) Page {
			return PageReport{Entry: kinds()[2], Action: "/espace/nouvelles/0193b4/report", Typed: Saisie{"jour": "32/12", "dernier_jour": "33/12"}, Errors: Erreurs{{"jour", l.T("typed.day")}, {"debut", l.T("typed.clock")}}}
		}},
		{"avant", "/espace/nouvelles/0193b6/avant", 200, func(*locale.Locale) Page {
			return PageAvant{Entry: kinds()[4], Action: "/espace/nouvelles/0193b6/avant"}
		}},
		{"avant-encore", "/espace/nouvelles/0193b6/avant", 422, func(l *locale.Locale) Page {
			return PageAvant{Entry: kinds()[4], Action: "/espace/nouvelles/0193b6/avant", Again: true, Errors: Erreurs{{"gestes", l.T("product.often")}}}
		}},
		{"versions", "/@fournil/0193a1/versions", 200, func(*locale.Locale) Page {
			return PageVersions{Entry: seigle(), Title: "Fournée de seigle", Versions: []Version{
				{ago(0, 8, 10), ago(0, 8, 40), Avis{Text: paragraph("Fournée de sègle.")}}, {ago(3, 8, 0), ago(0, 8, 10), offers()[0]}, {ago(5, 8, 0), ago(3, 8, 0), Avis{}}}}
		}},
		{"versions-aucune", "/@fournil/0193a1/versions", 200, func(*locale.Locale) Page { return PageVersions{Entry: seigle(), Title: "Fournée de seigle"} }},
		{"publie-produit", "/espace/nouvelles/0193b6/publie", 200, func(*locale.Locale) Page {
			return PagePublie{Entry: kinds()[4], Silent: true, ForwardURL: "/espace/nouvelles/0193b6/avant", EditURL: "/espace/nouvelles/0193b6/modifier", DeleteURL: "/espace/nouvelles/0193b6/supprimer"}
		}},
		{"publie-offre", "/espace/nouvelles/0193b2/publie", 200, func(*locale.Locale) Page {
			return PagePublie{Entry: kinds()[0], EditURL: "/espace/nouvelles/0193b2/modifier", DeleteURL: "/espace/nouvelles/0193b2/supprimer"}
		}},
		{"supprimer-evenement", "/espace/nouvelles/0193b4/supprimer", 200, func(*locale.Locale) Page {
			return PageSupprimer{Entry: kinds()[2], Action: "/espace/nouvelles/0193b4/supprimer"}
		}},
		{"fil-vide", "/", 200, func(*locale.Locale) Page { return PageFil{} }},
		{"fil-fin", "/?avant=1", 200, func(*locale.Locale) Page { return PageFil{Shops: 32, NewerURL: "/"} }},
		{"nouvelle", "/@fournil/0193a1", 200, func(*locale.Locale) Page {
			a := seigle()
			a.Text += paragraph("Le seigle vient de chez les voisins de Vernède, moulu à la meule lundi. Il se garde cinq jours dans un torchon.")
			a.Edited = ago(0, 8, 40)
			a.Photos = append(a.Photos, photo("legumes", "Le banc d’Hortense."), photo("poterie", ""))
			return PageNouvelle{
				Entry: a, Title: "Fournée de seigle ce matin, cuite au bois", ObjectID: "https://saint-laurent.example/posts/0193a1", FollowName: "fournil",
				Reach: "everywhere", Shares: 6, Likes: 1, ReplyCount: 24, Replies: replies(), MoreURL: "/@fournil/0193a1?apres=4",
				Others:  []AutreNouvelle{{"/@fournil/2", "Le four a été rebriqué", ago(3, 18, 2)}, {"/@fournil/3", "Commandes de fête : la liste est ouverte", ago(6, 9, 0)}, {"/@fournil/4", "Un apprenti cherche un vélo", ago(40, 9, 0)}},
				Quotes:  []Citation{{"7", "Odile R.", "@odile@mastodon.example", "https://mastodon.example/@odile/9", ago(0, 9, 1), "/espace/citations/7"}, {"8", "", "@rando@asso.example", "https://asso.example/9", ago(0, 9, 2), "/espace/citations/8"}},
				EditURL: "/espace/nouvelles/0193a1/modifier", DeleteURL: "/espace/nouvelles/0193a1/supprimer",
			}
		}},
		{"nouvelle-nue", "/@depot/1", 200, func(*locale.Locale) Page {
			return PageNouvelle{Entry: Avis{ID: "1", Shop: maison, URL: "/@depot/1", Published: ago(400, 9, 0), Text: paragraph("Ouverture samedi.")}, Title: "Ouverture samedi.", FollowName: "depot", Reach: "town"}
		}},
		{"nouvelle-voisine", "/voisins/1", 200, func(*locale.Locale) Page {
			a := entries()[4]
			a.Text, a.Lang = "", "en"
			return PageNouvelle{Entry: a, FollowName: "chevrerie", Reach: "region"}
		}},
		{"commerce", "/@fournil", 200, func(*locale.Locale) Page {
			cover := photo("pain", "La table du fournil.")
			return PageCommerce{
				Shop: fournil, FollowName: "fournil", ActorID: "https://saint-laurent.example/actors/1", AtomURL: "/@fournil/atom.xml", Cover: &cover,
				Notice: &Ecriteau{"Fermé du 24 au 26 décembre", "Commandes de fête jusqu’au 19."},
				Week: []JourOuvrable{{"lundi", nil, "sur rendez-vous", false}, {"mardi", []string{"6 h 30 – 13 h", "16 h – 19 h"}, "", false}, {"mercredi", []string{"6 h 30 – 13 h"}, "", false},
					{"jeudi", []string{"6 h 30 – 13 h"}, "", true}, {"vendredi", []string{"6 h 30 – 13 h", "16 h – 19 h"}, "", false}, {"samedi", []string{"6 h 30 – 19 h"}, "jour férié", false}, {"dimanche", []string{"7 h – 12 h 30"}, "", false}},
				Special: []string{"Fermé du 8 au 21 février 2027 (Congés)"}, Hours: []string{"Le four s’allume à 3 h."}, Place: "30500 Saint-Laurent-sur-Cèze",
				Structured:    schema{"@context": "https://schema.org", "@type": "Bakery", "name": "</script><script>alert(1)</script>"},
				DirectionsURL: "https://www.openstreetmap.org/directions?to=44.18,4.50",
				Description:   paragraph("Un four de 1911, du levain nourri chaque soir, des farines moulues à Vernède. Le fournil fait le pain du marché, des écoles et des deux cantines."),
				Entries:       []Avis{seigle(), {ID: "2", Shop: fournil, URL: "/@fournil/2", Published: ago(3, 18, 2), Text: paragraph("Le four a été rebriqué. On rallume demain à trois heures du matin.")}},
				OlderURL:      "/@fournil?avant=2", NewerURL: "/@fournil",
			}
		}},
		{"commerce-nu", "/@depot", 200, func(*locale.Locale) Page {
			s := maison
			s.Handle = "@depot@saint-laurent.example"
			return PageCommerce{Website: "https://depot.example/", Verified: ago(3, 9, 0), Shop: s, FollowName: "depot", Hours: []string{"Du mardi au samedi, 9 h – 12 h", "Sur rendez-vous l’après-midi"}}
		}},
		{"commerces", "/commerces", 200, func(l *locale.Locale) Page {
			return PageCommerces{Total: 32, ByDistance: true, Shops: allShops, NextURL: "/commerces?apres=9",
				Filters: Filters(l, 32, groups(), ""), Closures: []Annonce{{"ven. 27", "/@quincaillerie", "Quincaillerie du Pont, inventaire"}, {"24–26", "/@fournil", "Le Fournil de la Halle"}}}
		}},
		{"commerces-fermes", "/commerces?ouvert=1", 200, func(l *locale.Locale) Page {
			chip, _ := openChip(l, 0, "bouche", true)
			return PageCommerces{Total: 32, Open: true, Filters: append(Filters(l, 32, groups(), "bouche"), chip)}
		}},
		{"commerces-vide", "/commerces", 200, func(*locale.Locale) Page { return PageCommerces{} }},
		{"recherche", "/recherche?q=pain", 200, func(*locale.Locale) Page {
			return PageRecherche{Query: "pain", Shops: allShops[:2], Entries: entries()[:3], OlderURL: "/recherche?q=pain&avant=3"}
		}},
		{"recherche-vide", "/recherche?q=scaphandre", 200, func(*locale.Locale) Page { return PageRecherche{Query: "scaphandre"} }},
		{"connexion", "/connexion", 200, func(*locale.Locale) Page { return PageConnexion{} }},
		{"connexion-erreur", "/connexion?mot_de_passe=1", 422, func(*locale.Locale) Page {
			return PageConnexion{Email: "odile@", WithPassword: true, Next: "/espace/messages", Errors: Erreurs{
				{"email", "Il manque la fin de l’adresse, après @"}, {"mot_de_passe", "Écrivez votre mot de passe"}}}
		}},
		{"lien-envoye", "/connexion", 200, func(*locale.Locale) Page { return PageLienEnvoye{Email: "odile@saint-laurent.example"} }},
		{"entrer", "/connexion/abc", 200, func(*locale.Locale) Page { return PageEntrer{Name: fournil.Name, Action: "/connexion/abc"} }},
		{"entrer-trop-tard", "/connexion/abc", 410, func(*locale.Locale) Page { return PageEntrer{Expired: true} }},
		{"publier", "/espace/publier", 200, func(l *locale.Locale) Page {
			p := composer(l)
			p.Drafts = []Brouillon{{"/espace/publier?brouillon=1", "Commandes de fête : la liste", ago(1, 18, 0), "/espace/brouillons/1/supprimer"}, {"/espace/publier?brouillon=2", "", ago(3, 8, 0), "/espace/brouillons/2/supprimer"}}
			return p
		}},
		{"publier-photo", "/espace/publier?brouillon=1", 200, func(l *locale.Locale) Page {
			p := composer(l)
			pain := photo("pain", "")
			p.Draft, p.Photo, p.PhotoBytes, p.SavedAt, p.Restored = "1", &pain, 214_000, ago(0, 8, 8), true
			p.Text = "Fournée de seigle ce matin, cuite au bois. Il en reste une vingtaine."
			p.Alt = "Deux boules de seigle."
			p.Preview.Text = paragraph(p.Text)
			return p
		}},
		{"publier-erreur", "/espace/publier", 422, func(l *locale.Locale) Page {
			p := composer(l)
			p.Errors = Erreurs{{"photo", "Cette image vient d’un iPhone dans un format que nous ne lisons pas"}, {"texte", "Écrivez quelques mots, ou ajoutez une photo"}}
			return p
		}},
		{"publier-offre", "/espace/publier?genre=offre", 200, func(l *locale.Locale) Page {
			p := composer(l)
			p.Genre, p.Typed, p.Lowest = "offre", Saisie{"titre": "Potimarrons du plateau", "prix": "2,20", "prix_avant": "2,90", "unite": "le kilo", "du": "2026-11-26", "au": "2026-12-02", "conditions": "Coupe offerte."}, "2,90\u00a0€"
			p.Carried = []Cache{{"lieu", "sous la halle"}}
			p.Text, p.Preview = "Cultivés aux Aires-Hautes.", kinds()[0]
			return p
		}},
		{"publier-offre-neuve", "/espace/publier?genre=offre", 200, func(l *locale.Locale) Page {
			p := composer(l)
			p.Genre, p.Preview.Offer = "offre", &Ardoise{Until: in(6, 23, 59)}
			return p
		}},
		{"publier-offre-erreur", "/espace/publier", 422, func(l *locale.Locale) Page {
			p := composer(l)
			p.Genre, p.Typed, p.Preview.Offer = "offre", Saisie{"prix": "deux euros", "du": "hier", "perissable": "1"}, &Ardoise{}
			p.Errors = Erreurs{{"titre", l.T("title.empty")}, {"prix", l.T("price.wrong")}, {"prix_avant", l.T("prior.missing")}, {"du", l.T("typed.day")}, {"au", l.T("ends.past")}}
			return p
		}},
		{"publier-evenement", "/espace/publier?genre=evenement", 200, func(l *locale.Locale) Page {
			p := composer(l)
			p.Genre, p.Typed = "evenement", Saisie{"titre": "Veillée de lecture", "jour": "2026-11-28", "debut": "17:00", "fin": "18:30", "lieu": "La Page cornée", "dernier_jour": "29 novembre"}
			p.Preview = kinds()[2]
			return p
		}},
		{"publier-evenement-erreur", "/espace/publier", 422, func(l *locale.Locale) Page {
			p := composer(l)
			p.Genre, p.Typed, p.Preview.Event = "evenement", Saisie{"jour": "32/12", "debut": "midi pile", "fin": "25 h"}, &RendezVous{Start: now}
			p.Errors = Erreurs{{"titre", l.T("title.empty")}, {"jour", l.T("typed.day")}, {"debut", l.T("typed.clock")}, {"fin", l.T("typed.clock")}, {"dernier_jour", l.T("typed.day")}}
			return p
		}},
		{"publier-article", "/espace/publier?genre=article", 200, func(l *locale.Locale) Page {
			p := composer(l)
			p.Genre, p.Typed, p.Text, p.MaxRunes, p.Preview = "article", Saisie{"titre": "D’où vient la terre rouge"}, "On la prend à trois kilomètres d’ici.", 20_000, kinds()[3]
			return p
		}},
		{"publier-produit", "/espace/publier?genre=produit", 200, func(l *locale.Locale) Page {
			p := composer(l)
			p.Genre, p.Typed, p.Preview = "produit", Saisie{"titre": "Miel de châtaignier", "prix": "9,50", "a_partir": "1", "disponible": "to_order", "delai": "la veille"}, kinds()[4]
			return p
		}},
		{"publier-produit-erreur", "/espace/publier", 422, func(l *locale.Locale) Page {
			p := composer(l)
			p.Genre, p.Preview.Product = "produit", &Etiquette{}
			p.Errors = Erreurs{{"titre", l.T("title.empty")}, {"disponible", l.T("availability.unknown")}}
			return p
		}},
		{"modifier-offre", "/espace/nouvelles/0193b2/modifier", 200, func(l *locale.Locale) Page {
			p := composer(l)
			p.Edit, p.Genre, p.Action, p.BackURL = true, "offre", "/espace/nouvelles/0193b2/modifier", "/@potager/0193b2"
			p.Typed, p.Preview = Saisie{"titre": "Potimarrons"}, kinds()[0]
			return p
		}},
		{"publier-annule", "/espace/publier?brouillon=1", 200, func(l *locale.Locale) Page {
			p := composer(l)
			p.Undone, p.Draft, p.Text, p.Preview.Text = true, "1", "Fournée de seigle", paragraph("Fournée de seigle")
			return p
		}},
		{"publier-garde", "/espace/publier", 200, func(l *locale.Locale) Page {
			p := composer(l)
			p.Kept = true
			return p
		}},
		{"publier-supprime", "/espace/publier?supprime=1", 200, func(l *locale.Locale) Page {
			p := composer(l)
			p.Deleted = true
			return p
		}},
		{"modifier-portee", "/espace/nouvelles/0193a1/modifier", 422, func(l *locale.Locale) Page {
			p := composer(l)
			p.Edit, p.Action, p.BackURL, p.Reach, p.Text = true, "/espace/nouvelles/0193a1/modifier", "/@fournil/0193a1", "region", "Fournée de seigle"
			p.Errors = Erreurs{{"portee", l.T("reach.unknown")}}
			return p
		}},
		{"modifier", "/espace/nouvelles/0193a1/modifier", 200, func(l *locale.Locale) Page {
			p := composer(l)
			p.Edit, p.Action, p.BackURL = true, "/espace/nouvelles/0193a1/modifier", "/@fournil/0193a1"
			p.Text, p.Preview.Text = "Fournée de seigle", paragraph("Fournée de seigle")
			return p
		}},
		{"publie", "/espace/nouvelles/0193a1/publie", 200, func(*locale.Locale) Page {
			return PagePublie{Entry: seigle(), LeavesAt: ago(0, 8, 11), UndoURL: "/espace/nouvelles/0193a1/annuler", EditURL: "/espace/nouvelles/0193a1/modifier", DeleteURL: "/espace/nouvelles/0193a1/supprimer", BrowserKey: "fournil-nouvelle"}
		}},
		{"publie-parti", "/espace/nouvelles/0193a1/publie", 200, func(*locale.Locale) Page {
			return PagePublie{Entry: seigle(), Remise: &Remise{First: "Remis à 143 serveurs sur 145.", Edit: "La modification est remise à 140 serveurs sur 145.", MissingURL: "/espace/nouvelles/0193a1/envois"}, EditURL: "/espace/nouvelles/0193a1/modifier", DeleteURL: "/espace/nouvelles/0193a1/supprimer"}
		}},
		{"supprimer", "/espace/nouvelles/0193a1/supprimer", 200, func(*locale.Locale) Page {
			return PageSupprimer{Entry: seigle(), Action: "/espace/nouvelles/0193a1/supprimer"}
		}},
		{"messages", "/espace/messages", 200, func(*locale.Locale) Page {
			pending, seen := messagesList("")
			return PageMessages{Pending: pending, Seen: seen, OlderURL: "/espace/messages?avant=7"}
		}},
		{"premiers-mots", "/espace/messages/1/versions", 200, func(*locale.Locale) Page { return formerWords(false) }},
		{"premiers-mots-mairie", "/mairie/reponses/1", 200, func(*locale.Locale) Page { return formerWords(true) }},
		{"premiers-mots-sans", "/espace/messages/1/versions", 200, func(*locale.Locale) Page {
			return PagePremiersMots{Author: "Odile R.", Handle: "@odile@mastodon.example", BackURL: "/espace/messages/1", Now: Mot{At: ago(0, 8, 24), Text: paragraph("Gardez-m’en deux.")}}
		}},
		{"messages-vide", "/espace/messages", 200, func(*locale.Locale) Page { return PageMessages{} }},
		{"messages-calmes", "/espace/messages", 200, func(*locale.Locale) Page { return PageMessages{HasNews: true} }},
		{"message", "/espace/messages/1", 200, func(l *locale.Locale) Page {
			pending, seen := messagesList("/espace/messages/1")
			return PageMessages{Pending: pending, Seen: seen, Conversation: &Conversation{
				Title: "Odile R.", Handle: "@odile@mastodon.example", ProfileURL: "https://mastodon.example/@odile", Kind: "reponse",
				About: &Lien{URL: "/@fournil/0193a1", Text: "Fournée de seigle ce matin"},
				Words: []Mot{
					{"Odile R.", false, ago(0, 8, 24), paragraph("Gardez-moi une tourte, s’il vous plaît. Je passe après le marché."), "", ""},
					{fournil.Name, true, ago(0, 8, 31), paragraph("C’est noté, Odile. Elle est au chaud sous le comptoir."), "", ""},
					{"Odile R.", false, ago(0, 9, 2), paragraph("Finalement deux, si c’est possible, pour 12 h 45 ?"), "fr", "/espace/messages/1/versions"},
				},
				Key: "0192f3b1", ReplyURL: "/espace/messages/1", Ready: ReadyReplies(l, "/espace/messages/1"), HideURL: "/espace/messages/1",
			}}
		}},
		{"message-a-accepter", "/espace/messages/2", 422, func(l *locale.Locale) Page {
			pending, seen := messagesList("/espace/messages/2")
			return PageMessages{Pending: pending, Seen: seen, Errors: Erreurs{{"reponse", "Écrivez votre réponse"}}, Conversation: &Conversation{
				Title: "Marcher en Cèze", Handle: "@rando@asso.example", Kind: "attente", Words: []Mot{{"Marcher en Cèze", false, ago(0, 9, 10), paragraph("Aurez-vous assez de fougasses à midi ?"), "", ""}},
				ApproveURL: "/espace/messages/2", ReplyURL: "/espace/messages/2", Key: "1", Ready: ReadyReplies(l, "/espace/messages/2"),
			}}
		}},
		{"message-masque", "/espace/messages/4", 200, func(*locale.Locale) Page {
			return PageMessages{Conversation: &Conversation{Title: "Promo", Kind: "reponse", ShowURL: "/espace/messages/4"}}
		}},
		{"message-prive", "/espace/messages/5", 200, func(l *locale.Locale) Page {
			return PageMessages{Conversation: &Conversation{Title: "Odile R.", Handle: "@odile@mastodon.example", Kind: "prive", Private: true, Key: "1",
				Words:    []Mot{{"Odile R.", false, ago(0, 8, 24), paragraph("Faites-vous des pains sans sel ?"), "", ""}},
				ReplyURL: "/espace/messages/5", Ready: ReadyReplies(l, "/espace/messages/5")}}
		}},
		{"message-gestes", "/espace/messages/6", 422, func(*locale.Locale) Page {
			return PageMessages{Errors: Erreurs{{"motif", "Mille signes au plus"}}, Conversation: &Conversation{
				Title: "Odile R.", Handle: "@odile@mastodon.example", Kind: "reponse", HideURL: "/espace/messages/6", Done: "C’est signalé à mastodon.example.",
				Person: &Personne{URL: "/espace/messages/6", Name: "Odile R.", Site: "mastodon.example", Follows: true, Thanked: true}}}
		}},
		{"message-merci", "/espace/messages/6", 200, func(*locale.Locale) Page {
			return PageMessages{Conversation: &Conversation{Title: "Odile R.", Kind: "reponse", Person: &Personne{URL: "/espace/messages/6", Name: "Odile R.", Site: "mastodon.example"}}}
		}},
		{"message-bloque", "/espace/messages/7", 200, func(*locale.Locale) Page {
			return PageMessages{Conversation: &Conversation{Title: "Promo", Kind: "reponse", ShowURL: "/espace/messages/7",
				Person: &Personne{URL: "/espace/messages/7", Name: "Promo", Site: "promo.example", Blocked: true}}}
		}},
		{"abonnes", "/espace/abonnes", 200, func(*locale.Locale) Page {
			return PageAbonnes{Count: 214, OlderURL: "/espace/abonnes?avant=1-1", NewerURL: "/espace/abonnes", Done: "Cette personne est bloquée.",
				Followers: []Abonne{{"https://mastodon.example/users/odile", "Odile R.", "@odile@mastodon.example", "https://mastodon.example/@odile", ago(3, 9, 0)}, {"https://asso.example/rando", "Marcher en Cèze", "@rando@asso.example", "", ago(40, 9, 0)}},
				Blocked:   []Abonne{{"https://promo.example/1", "Promo", "@promo@promo.example", "https://promo.example/1", ago(2, 9, 0)}}}
		}},
		{"abonnes-aucun", "/espace/abonnes", 200, func(*locale.Locale) Page { return PageAbonnes{} }},
		{"demenager", "/espace/demenager", 200, func(*locale.Locale) Page {
			return PageDemenager{Handle: fournil.Handle, Address: "https://saint-laurent.example/actors/1", Followers: 214, Proof: ByEntering, Done: "C’est noté.", Arrivals: []Arrivee{
				{ID: "https://mastodon.example/users/fournil", Handle: "@fournil@mastodon.example", URL: "https://mastodon.example/@fournil", Followers: 3, Named: ago(3, 9, 0), Looked: ago(0, 9, 0)},
				{ID: "https://piaille.example/users/fournil", Handle: "@fournil@piaille.example", URL: "https://piaille.example/@fournil", Here: true, Followers: 61, Named: ago(30, 9, 0), Looked: ago(1, 9, 0)},
				{ID: "https://ancien.example/users/fournil", Handle: "@fournil@ancien.example", URL: "https://ancien.example/@fournil", Elsewhere: "https://tiers.example/users/fournil", Named: ago(60, 9, 0), Looked: ago(2, 9, 0)}}}
		}},
		{"demenager-erreur", "/espace/demenager", 422, func(*locale.Locale) Page {
			return PageDemenager{Handle: fournil.Handle, Proof: ByPassword, Old: "fournil", New: "@fournil@x.example", Errors: Erreurs{{"ancien", "Écrivez une adresse comme @vous@exemple.fr"}, {"nouveau", "Il n’y a pas de compte à cette adresse"}}}
		}},
		{"demenager-confirmer", "/espace/demenager", 422, func(*locale.Locale) Page {
			return PageDemenager{Handle: fournil.Handle, Proof: ByPassword, Followers: 214, Leaving: &Depart{"https://mastodon.example/users/fournil", "@fournil@mastodon.example", "https://mastodon.example/@fournil", now},
				Errors: Erreurs{{"secret", "Ce n’est pas votre mot de passe actuel"}}}
		}},
		{"demenager-lien", "/espace/demenager", 422, func(*locale.Locale) Page {
			return PageDemenager{Handle: fournil.Handle, Proof: NotYet, Followers: 1, Leaving: &Depart{"https://mastodon.example/users/fournil", "@fournil@mastodon.example", "https://mastodon.example/@fournil", now},
				Errors: Erreurs{{"secret", "Entrez d’abord par un lien tout neuf"}}}
		}},
		{"demenage", "/espace/demenager", 200, func(*locale.Locale) Page {
			return PageDemenager{Handle: fournil.Handle, Moved: &Depart{"https://mastodon.example/users/fournil", "@fournil@mastodon.example", "https://mastodon.example/@fournil", ago(1, 9, 0)}}
		}},
		{"commerce-parti", "/@fournil", 200, func(*locale.Locale) Page {
			return PageCommerce{Shop: fournil, FollowName: "fournil", Moved: &Depart{"https://mastodon.example/users/fournil", "@fournil@mastodon.example", "https://mastodon.example/@fournil", ago(1, 9, 0)}}
		}},
		{"signaler", "/mairie/signaler/1", 422, func(*locale.Locale) Page {
			return PageSignaler{Action: "/mairie/signaler/1", Author: "Promo", Handle: "@promo@promo.example", Site: "promo.example", At: ago(0, 8, 0), Text: paragraph("Gagnez vite de l’argent."), Words: "Arnaque", Errors: Erreurs{{"motif", "Mille signes au plus"}}}
		}},
		{"envoyes", "/mairie/signalements/envoyes", 200, func(*locale.Locale) Page {
			return PageEnvoyes{Done: "C’est signalé.", Reports: []SignalementEnvoye{{"@promo@promo.example", "promo.example", "https://promo.example/1/1", fournil.Name, "Arnaque", ago(1, 9, 0), nil}, {"@pire@pire.example", "pire.example", "https://pire.example/1", "", "", ago(2, 9, 0), nil}}}
		}},
		{"envoyes-aucun", "/mairie/signalements/envoyes", 200, func(*locale.Locale) Page { return PageEnvoyes{} }},
		{"choisir", "/espace", 200, func(*locale.Locale) Page {
			return PageChoisir{Shops: []CommerceAChoisir{{"1", fournil, true}, {"2", librairie, false}}}
		}},
		{"mapage", "/espace/commerce", 200, func(l *locale.Locale) Page {
			cover := photo("pain", "")
			return PageMaPage{Website: "https://fournil.example/", PageURL: "https://saint-laurent.example/@fournil", Verified: ago(3, 9, 0), Reach: "neighbours", Shop: fournil, Name: fournil.Name, Trade: "boulangerie", Trades: tradeChoices(l), Address: fournil.Address, Phone: "04 65 71 20 12",
				Postcode: "30500", Latitude: "44,20121", Longitude: "4,31203", Hours: cannedHours(), NoticeURL: "/espace/nouvelles/0193a1/publie", About: "Un four de 1911.", Cover: &cover, CoverAlt: "La table du fournil", Followers: 214, Saved: true}
		}},
		{"mapage-erreur", "/espace/commerce", 422, func(l *locale.Locale) Page {
			return PageMaPage{Website: "https://depot.example/", PageURL: "https://saint-laurent.example/@depot", Shop: Commerce{Name: maison.Name, URL: maison.URL, Handle: "@depot@saint-laurent.example"}, Trades: tradeChoices(l), Hours: cannedHours(), Errors: Erreurs{{"nom", "Donnez le nom du commerce"}, {"metier", "Choisissez un métier"}, {"telephone", "Il manque des chiffres au téléphone"}, {"latitude", "Donnez les deux"}, {"portee", l.T("reach.unknown")},
				{"mardi", "Ces heures se chevauchent"}, {"jour1_du", "Ce jour est passé"}, {"jour1_au", "Donnez un jour, ou rien"}, {"jour1_heures", "Écrivez les heures autrement"}, {"jour1_mots", "Écrivez quelques mots sans guillemets"}, {"couverture", "Cette image est trop grande"}}}
		}},
		{"compte", "/espace/compte", 200, func(*locale.Locale) Page {
			return PageCompte{Email: "fournil@saint-laurent.example", HasPassword: true, Saved: true, Sessions: []Session{{"1", "Téléphone Android, Chrome", ago(0, 9, 0), true}, {"2", "Ordinateur Windows, Firefox", ago(2, 18, 0), false}}}
		}},
		{"compte-erreur", "/espace/compte", 422, func(*locale.Locale) Page {
			return PageCompte{Email: "mairie@saint-laurent.example", TownHall: true, Errors: Erreurs{{"nouveau", "Ce mot de passe est trop court : il faut dix signes"}}}
		}},
		{"mairie", "/mairie", 200, func(*locale.Locale) Page {
			return PageMairie{Reports: 2, Missing: []string{"Directeur de la publication", "Courriel de la mairie"}, Shops: 31, News: 46, Replies: 38, Followers: 1204, Waiting: 23, Hosts: hosts,
				Checks: []Verification{{"1", "Promo", "@promo@ailleurs.example", ago(1, 22, 40), &Lien{URL: "/@cycles/1", Text: "Atelier d’hiver"}, paragraph("Vélos électriques à moitié prix, cliquez vite…"), "/mairie/reponses/1"}},
				Quiet:  []Lien{{"/@depot", "Dépôt du Quai", "pas encore entré"}, {"/@terre_rouge", "Atelier Terre Rouge", "silencieux depuis août"}}}
		}},
		{"mairie-premier-jour", "/mairie", 200, func(*locale.Locale) Page { return PageMairie{} }},
		{"mairie-tranquille", "/mairie", 200, func(*locale.Locale) Page { return PageMairie{Shops: 1, News: 1, Followers: 1, Waiting: 1} }},
		{"mairie-commerces", "/mairie/commerces", 200, func(l *locale.Locale) Page {
			return PageMairieCommerces{Key: "1", Trades: tradeChoices(l), Shops: []CommerceInscrit{
				{"1", fournil.Name, fournil.Handle, "/@fournil", true, ago(0, 8, 10), nil}, {"2", "Dépôt du Quai", "@depot@saint-laurent.example", "/@depot", false, time.Time{}, nil},
				{"3", "La Page cornée", "@page_cornee@saint-laurent.example", "/@page_cornee", true, time.Time{}, &Depart{"1", "@page@mastodon.example", "https://mastodon.example/@page", ago(9, 9, 0)}}}}
		}},
		{"mairie-invitation", "/mairie/commerces", 200, func(l *locale.Locale) Page {
			return PageMairieCommerces{Key: "1", Trades: tradeChoices(l), Invitation: &Invitation{
				Name: "Dépôt du Quai", Handle: "@depot@saint-laurent.example", Link: "https://saint-laurent.example/connexion/J3kd-93kdQm2_xWwz81nTq", Expires: time.Date(2026, 12, 3, 10, 5, 0, 0, paris)}}
		}},
		{"mairie-commerces-erreur", "/mairie/commerces", 422, func(l *locale.Locale) Page {
			return PageMairieCommerces{Key: "1", Name: "Dépôt", Trade: "autre", Trades: tradeChoices(l), Handle: "Dépôt", Email: "x@y.example",
				Invitation: &Invitation{Name: "Brin", Handle: "@brin@saint-laurent.example", Link: "https://saint-laurent.example/connexion/x", Email: "brin@saint-laurent.example", Expires: now},
				Errors:     Erreurs{{"identifiant", "Lettres sans accent, chiffres et _ seulement"}}}
		}},
		{"envois", "/espace/nouvelles/0193a1/envois", 200, func(*locale.Locale) Page {
			return PageEnvois{Entry: seigle(), Remise: &Remise{First: "Remis à 143 serveurs sur 145, 1 attend, 1 ne l’aura pas."}, Hosts: hosts[:1], MoreURL: "/espace/nouvelles/0193a1/envois?apres=x"}
		}},
		{"envois-aucun", "/espace/nouvelles/0193a1/envois", 200, func(*locale.Locale) Page { return PageEnvois{Entry: seigle()} }},
		{"mairie-reseau", "/mairie/reseau", 200, func(*locale.Locale) Page {
			return PageMairieReseau{Hosts: hosts, Summary: "23 envois attendent.", RetryAll: true, MoreURL: "/mairie/reseau?apres=0-0-x", FirstURL: "/mairie/reseau", Blocked: []Bloque{{"promo.example", "Publicité en masse", ago(20, 9, 0)}, {"pire.example", "", ago(400, 9, 0)}}, Done: "promo.example est bloqué."}
		}},
		{"mairie-reseau-erreur", "/mairie/reseau", 422, func(*locale.Locale) Page {
			return PageMairieReseau{Domain: "pas un site", Reason: "?", Errors: Erreurs{{"domaine", "Donnez un nom de site, par exemple ailleurs.example"}}}
		}},
		{"mairie-signalements", "/mairie/signalements", 200, func(*locale.Locale) Page {
			return PageMairieSignalements{Done: "La décision est notée.", More: 3, OlderURL: "/mairie/signalements?avant=4",
				Open: []Signalement{{Number: "12", Shop: Lien{URL: "/@cycles", Text: cycles.Name}, From: "piaille.example", Handle: "@piaille.example@piaille.example",
					Words: "Prix barré qui n’a jamais été pratiqué.", Posts: []Lien{{URL: "/@cycles/1", Text: "Atelier d’hiver"}}, Gone: 2, At: ago(1, 9, 12), Field: "decision-12"}},
				Decided: []Signalement{{Number: "11", Shop: Lien{URL: "/@fournil", Text: fournil.Name}, From: "Odile R.", Handle: "@odile@mastodon.example", At: ago(20, 9, 0), Decided: ago(18, 10, 0),
					Decision: "Rien à retirer : la nouvelle dit vrai.", Field: "decision-11"}}}
		}},
		{"mairie-signalements-vide", "/mairie/signalements", 200, func(*locale.Locale) Page { return PageMairieSignalements{} }},
		{"mairie-signalements-erreur", "/mairie/signalements", 422, func(*locale.Locale) Page {
			return PageMairieSignalements{Errors: Erreurs{{"decision-12", "Écrivez ce que vous avez décidé"}},
				Open: []Signalement{{Number: "12", Shop: Lien{URL: "/@cycles", Text: cycles.Name}, From: "piaille.example", Handle: "@piaille.example@piaille.example", At: ago(1, 9, 12), Field: "decision-12"}}}
		}},
		{"mairie-reglages", "/mairie/reglages", 200, func(*locale.Locale) Page {
			p := settings("#ffd400")
			p.Saved = true
			return p
		}},
		{"mairie-reglages-neufs", "/mairie/reglages", 200, func(*locale.Locale) Page {
			p := settings(DefaultColour)
			return PageMairieReglages{Town: p.Town, Handle: p.Handle, Colour: p.Colour, Nuance: p.Nuance, State: "none", Approve: true, ApproveFixed: true}
		}},
		{"mairie-reglages-erreur", "/mairie/reglages", 422, func(*locale.Locale) Page {
			p := settings("#0000ff")
			p.HelpPhone, p.Contact, p.Nuance = "*#06#", "à la mairie", nil
			p.Errors = Erreurs{{"telephone", "Écrivez un numéro de téléphone"}, {"couleur", "Choisissez une couleur"}, {"contact", "Écrivez une adresse électronique"}, {"etat", "Choisissez un des trois états"}, {"audit", "Donnez le jour de l’audit"}}
			return p
		}},
		{"installation", "/installation/abc", 200, func(*locale.Locale) Page {
			return PageInstallation{Action: "/installation/abc", Domain: "saint-laurent.example"}
		}},
		{"installation-erreur", "/installation/abc", 422, func(*locale.Locale) Page {
			return PageInstallation{Action: "/installation/abc", Domain: "saint-laurent.example", Name: "Saint-Laurent", INSEE: "3027", Latitude: "quarante-quatre", Errors: Erreurs{
				{"insee", "Il manque un signe au code INSEE : il en faut cinq"}, {"latitude", "Écrivez la latitude en chiffres, par exemple 44.1803"}, {"email", "Donnez une adresse électronique"}}}
		}},
		{"suivre", "/suivre", 200, func(*locale.Locale) Page {
			return PageSuivre{Handle: "@bourg@saint-laurent.example", Shops: []Lien{{"/suivre?qui=fournil", fournil.Name, "@fournil"}, {"/suivre?qui=potager", potager.Name, "@potager"}}}
		}},
		{"suivre-un", "/suivre?qui=fournil", 200, func(*locale.Locale) Page {
			return PageSuivre{Name: fournil.Name, Who: "fournil", Handle: fournil.Handle, AtomURL: "/@fournil/atom.xml", Address: "@vous@piaille.example", Remember: true, Continue: &Ailleurs{"piaille.example", "https://piaille.example/authorize_interaction?uri=https%3A%2F%2Fsaint-laurent.example%2Factors%2F1"}}
		}},
		{"suivre-repondre", "/suivre?objet=/@fournil/0193a1", 422, func(*locale.Locale) Page {
			return PageSuivre{Name: fournil.Name, Act: GesteRepondre, Object: "/@fournil/0193a1", Handle: "https://saint-laurent.example/@fournil/0193a1", Address: "odile", Errors: Erreurs{{"adresse", "Il manque le serveur : écrivez par exemple @vous@serveur.fr"}}}
		}},
		{"repondre-ailleurs", "/suivre?objet=/@fournil/0193a1&adresse=odile@mastodon.example", 200, func(*locale.Locale) Page {
			return PageSuivre{Name: fournil.Name, Act: GesteRepondre, Object: "/@fournil/0193a1", Handle: "https://saint-laurent.example/@fournil/0193a1", Address: "@odile@mastodon.example", Continue: &Ailleurs{"mastodon.example", "https://mastodon.example/authorize_interaction?uri=x"}}
		}},
		{"envoi", "/envoi?de=/@fournil", 200, func(*locale.Locale) Page {
			return PageEnvoi{Title: fournil.Name, BackURL: "/@fournil", Document: "{\n  \"type\": \"Organization\",\n  \"name\": \"</code></pre><script>alert(1)</script>\"\n}"}
		}},
		{"envoi-bourg", "/envoi", 200, func(*locale.Locale) Page { return PageEnvoi{Document: "{\n  \"type\": \"Application\"\n}"} }},
		{"accessibilite", "/accessibilite", 200, func(*locale.Locale) Page { return PageAccessibilite{} }},
		{"accessibilite-auditee", "/accessibilite", 200, func(*locale.Locale) Page {
			return PageAccessibilite{AuditedOn: ago(90, 9, 0), AuditedBy: "Accès pour tous", KnownFaults: []string{"Certaines photos n’ont pas de description."}, Contact: "acces@saint-laurent.example"}
		}},
		{"charte", "/charte", 200, func(*locale.Locale) Page {
			return PageCharte{Parts: charterParts(town.CharterParts((&town.Town{}).CharterWords()))}
		}},
		{"mentions", "/mentions-legales", 200, func(*locale.Locale) Page {
			return PageMentions{Director: "Madame le Maire", Address: "Mairie\n1 place de la Fontaine", Host: "Hébergeur du Gard\n30000 Nîmes", Version: "0.1.0", SourceURL: "https://source.example/bourg"}
		}},
		{"erreur", "/perdu", 404, func(l *locale.Locale) Page { return NewErreur(l, 404, "") }},
		{"erreur-500", "/", 500, func(l *locale.Locale) Page { return NewErreur(l, 500, "7f3a-91") }},
	}, elsewherePages()...)
}

// settings are those of a town in this colour.
func settings(colour string) PageMairieReglages {
	n, err := NewNuance(colour)
	if err != nil {
		panic(err)
	}
	return PageMairieReglages{
		Town: "Saint-Laurent-sur-Cèze", INSEE: "30273", Handle: "@saintlaurent@saint-laurent.example", HelpPhone: "04 65 71 20 00", HelpHours: "de 9 h à 12 h",
		Colour: colour, Nuance: &n, Publisher: "Mairie de Saint-Laurent-sur-Cèze\n1 place de la Fontaine\n30200 Saint-Laurent-sur-Cèze", Director: "Madame le Maire",
		Host: "Hébergeur du Gard\n30000 Nîmes\n04 66 00 00 00", Contact: "mairie@saint-laurent.example", State: "part", Audited: "12/03/2026",
		Auditor: "Accès pour tous", Faults: "Certaines photos n’ont pas de description.", Approve: true,
	}
}

// longThread is a home page with twenty entries that do not repeat each other.
func longThread(l *locale.Locale) Page {
	var all []Avis
	for i := range 20 {
		a := entries()[i%8]
		a.ID = fmt.Sprintf("0193a1f0-7c%02x-7d%02x-8e%02x-%012x", i*11, i*29, i*7, i*7919*104729)
		a.URL = "/@commerce_" + fmt.Sprint(i) + "/" + a.ID
		a.Shop.Name = fmt.Sprintf("%s %d", a.Shop.Name, i)
		a.Shop.URL = "/@commerce_" + fmt.Sprint(i)
		a.Shop.Phone = fmt.Sprintf("04657%05d", i*3571)
		a.Published = ago(i/4, 20-i%4, i*3%60)
		a.Text = paragraph(varied(i), varied(i+100))
		if i%2 == 0 {
			name := fmt.Sprintf("%016x", i*7919*104729*31)
			a.Photos = []Photo{{Alt: varied(i + 50)[:60], Width: 1280, Height: 960,
				JPEG: []Source{{"/media/" + name + "-320.jpg", 320}, {"/media/" + name + "-640.jpg", 640}, {"/media/" + name + "-1280.jpg", 1280}},
				WebP: []Source{{"/media/" + name + "-320.webp", 320}, {"/media/" + name + "-640.webp", 640}, {"/media/" + name + "-1280.webp", 1280}}}}
		}
		all = append(all, a)
	}
	return PageFil{Today: 4, Shops: 32, Days: ByDay(all, paris), OlderURL: "/?avant=" + all[19].ID, NewerURL: "/", Families: Families(l, groups())}
}

// varied makes a sentence of about 150 letters that differs with i, so that compression is not flattered.
func varied(i int) string {
	parts := []string{"fournée", "ardoise", "samedi", "marché", "plateau", "confiture", "vitrine", "atelier", "dahlias", "potimarron", "levain", "réparation", "tournoi", "farine", "châtaigne", "couture", "lecture", "moulin", "rivière", "bicyclette", "tisane", "verger", "bougie", "panier", "truffe", "olive", "lavande", "faïence", "grenier", "cave", "souper", "commande"}
	s, x := "", uint32(i)*2654435761+12345
	for len(s) < 150 {
		x = x*1664525 + 1013904223
		s += parts[x>>27] + " "
	}
	return s + "."
}
