package main

import (
	"math"
	"time"

	"bourg/internal/hours"
)

// demoTown is what `bourg demo` fills a town with. Shops, people and telephone numbers
// are invented; the numbers lie in the ranges that nobody is given.
type demoTown struct {
	folder, name, handle, insee string
	lat, lon                    float64
	helpPhone, helpHours        string
	accent                      string
	shops                       []demoShop
	closings                    []demoClosing
	news                        []demoNews
}

// demoClosing are days on which a shop has other hours than it has else, or none.
type demoClosing struct {
	shop        string
	day         time.Weekday // the first, the next one of its name
	weeks, days int          // so many weeks later; how many days
	hours       string       // "" for closed
	why         string
}

// special are the special hours of a shop, as they are to be seen from now on the town's clock.
func (d *demoTown) special(shop string, now time.Time) ([]hours.Special, error) {
	var list []hours.Special
	for _, c := range d.closings {
		if c.shop != shop {
			continue
		}
		line, err := hours.ParseFrenchLine(c.hours)
		if err != nil {
			return nil, err
		}
		first := hours.DateOf(demoDays{now}.next(c.day, 0, 0)).AddDays(7 * c.weeks)
		list = append(list, hours.Special{From: first, Through: first.AddDays(c.days - 1), Spans: line.Spans, Note: c.why})
	}
	return list, nil
}

type demoShop struct {
	handle, name, trade, phone, address, hours, summary string
	cover, alt                                          string // file in demo/, "" for none
}

// demoNews is a post: some minutes old, or of an earlier day at an hour of the town's clock.
type demoNews struct {
	shop  string
	when  demoTime
	text  string
	photo string
	alt   string
}

// demoTime is a time before now.
type demoTime struct {
	minutes          int // ago, where days is 0
	days, hour, past int // so many days ago, at hour:past
}

// before returns the time that is meant, seen from now on the town's clock.
func (d demoTime) before(now time.Time) time.Time {
	if d.days == 0 {
		return now.Add(-time.Duration(d.minutes) * time.Minute)
	}
	return time.Date(now.Year(), now.Month(), now.Day()-d.days, d.hour, d.past, 0, 0, now.Location())
}

func ago(minutes int) demoTime { return demoTime{minutes: minutes} }

func on(days, hour, past int) demoTime { return demoTime{days: days, hour: hour, past: past} }

var demoTowns = []demoTown{
	{
		folder: "saint-laurent", name: "Saint-Laurent-sur-Cèze", handle: "saint_laurent", insee: "30000",
		lat: 44.2012, lon: 4.3120, helpPhone: "04 65 71 20 00", helpHours: "de 9 h à 12 h",
		closings: []demoClosing{
			{"quincaillerie", time.Friday, 0, 1, "8 h 30 – 12 h", "Inventaire"}, {"fournil", time.Thursday, 1, 3, "", "Commandes de fête jusqu’à la veille"},
		},
		shops: []demoShop{
			{"fournil", "Le Fournil de la Halle", "boulangerie", "04 65 71 20 12", "4 place de la Fontaine",
				"Du mardi au samedi de 6 h 30 à 13 h et de 16 h à 19 h\nDimanche de 6 h 30 à 12 h 30\nFermé les jours fériés",
				"Un four de 1911, du levain nourri chaque soir, des farines moulues à Vernède. Le fournil fait le pain du marché, des écoles et des deux cantines.",
				"pain.jpg", "Deux boules de seigle et deux pains longs sur la table du fournil."},
			{"potager", "Au Potager d’Hortense", "primeur", "04 65 71 20 31", "Sous la halle",
				"Du mardi au samedi de 7 h 30 à 12 h 30", "Des légumes des Aires-Hautes, cueillis la veille.",
				"legumes.jpg", "Caisses de légumes d’automne, potirons, poireaux et pommes."},
			{"quincaillerie", "Quincaillerie du Pont", "quincaillerie", "04 65 71 20 19", "Quai de la Cèze",
				"Du lundi au samedi de 8 h 30 à 12 h et de 14 h à 18 h 30", "Vis à l’unité, clés, conseils, et le bon outil à prêter.", "", ""},
			{"page_cornee", "La Page cornée", "librairie", "04 65 71 20 44", "2 rue des Tisserands",
				"Du mardi au samedi de 10 h à 19 h", "Librairie et salon de thé. Ce que nous n’avons pas arrive en deux jours.",
				"librairie.jpg", "Une vitrine de livres et une table ronde."},
			{"terre_rouge", "Atelier Terre Rouge", "poterie", "04 65 71 20 52", "Ancienne tuilerie",
				"Samedi et dimanche de 10 h à 18 h", "Bols, jarres et pots à feu, tournés et cuits à l’atelier.",
				"poterie.jpg", "Vases, bols et jarres de terre rouge et bleue sur une étagère."},
			{"miellerie", "Miellerie du Plateau", "apiculture", "04 65 71 20 83", "Mas des Ruches",
				"Au marché jeudi et samedi matin", "Soixante ruches entre châtaigniers et garrigue.",
				"miel.jpg", "Trois pots de miel, du plus clair au plus sombre."},
			{"cycles", "Cycles de la Cèze", "velo", "04 65 71 20 74", "Quai de la Cèze",
				"Du mardi au samedi de 9 h à 12 h et de 14 h à 18 h", "Vente, réparation, location. Un vélo de prêt pendant les travaux.",
				"velo.jpg", "Un vélo rouge à panier fleuri devant la vitrine de l’atelier."},
			{"mairie_saint_laurent", "Mairie de Saint-Laurent", "mairie", "04 65 71 20 00", "1 place de la Fontaine",
				"Du lundi au vendredi de 9 h à 12 h, fermé les jours fériés", "La mairie et ce qui se passe au village.",
				"place.jpg", "La place de la Fontaine, ses façades, son clocher et ses platanes."},
			{"garrigue", "Brin de Garrigue", "fleuriste", "04 65 71 20 66", "7 Grand-Rue",
				"Du mardi au dimanche de 8 h à 19 h", "Fleurs de saison, bouquets, deuil et fêtes.",
				"fleurs.jpg", "Bouquet de dahlias rouges, roses et orange dans un seau de zinc."},
			{"deux_feves", "Les Deux Fèves", "chocolaterie", "04 65 71 20 58", "9 rue des Tisserands",
				"Du mardi au samedi de 9 h 30 à 12 h et de 14 h 30 à 19 h", "Bouchées, tablettes et ganaches, toutes faites ici.",
				"chocolat.jpg", "Boîtes nouées d’un ruban et bouchées au chocolat."},
			{"fontaine", "Café de la Fontaine", "cafe", "04 65 71 20 27", "6 place de la Fontaine",
				"Tous les jours de 7 h à 21 h", "Le café du marché, le plat du jour, le tarot du jeudi.",
				"cafe.jpg", "Croissant posé près d’une tasse."},
			{"boucherie", "Boucherie de la Place", "boucherie", "04 65 71 20 35", "11 place de la Fontaine",
				"Du mardi au samedi de 8 h à 12 h 30 et de 16 h à 19 h", "Veau et agneau du plateau, charcuterie maison.",
				"boucher.jpg", "Un étal de boucher et sa balance."},
		},
		news: []demoNews{
			{"fournil", ago(20), "Fournée de seigle ce matin, cuite au bois. Il en reste une vingtaine, et quatre tourtes de deux livres. On garde la vôtre si vous appelez avant 11 h.", "pain.jpg", "Deux boules de seigle et deux pains longs sur la table du fournil."},
			{"cycles", on(1, 9, 5), "Atelier d’hiver : révision complète pendant que vous faites le marché. Déposez avant 9 h, reprenez à midi. Un vélo de prêt pour ceux qui travaillent.", "velo.jpg", "Un vélo rouge à panier fleuri devant la vitrine de l’atelier."},
			{"mairie_saint_laurent", on(1, 8, 0), "Le marché de jeudi se tient sous la halle pendant les travaux de la place. Les sapins seront installés lundi : les écoles viennent les décorer à 10 h.", "sapins.jpg", "Sapins éclairés sur une place, la nuit."},
			{"deux_feves", on(3, 17, 40), "Les coffrets de fin d’année sortent de l’atelier. Douze bouchées, 16 €. On expédie aussi.", "chocolat.jpg", "Boîtes nouées d’un ruban et bouchées au chocolat."},
			{"fournil", on(3, 18, 2), "Le four a été rebriqué. Merci à la Quincaillerie du Pont, qui a trouvé les joints en deux heures. On rallume demain à trois heures du matin.", "", ""},
			{"boucherie", on(4, 8, 30), "Pot-au-feu du samedi : paleron, gîte et os à moelle, 13,80 € le kilo. Le bouquet garni est dedans.", "", ""},
			{"page_cornee", on(5, 10, 15), "Reçu ce matin : trois cartons de poches d’occasion, de 2 à 4 €. Premier arrivé, premier lu.", "librairie.jpg", "Une vitrine de livres et une table ronde."},
			{"fournil", on(6, 7, 5), "Commandes de fête : la liste est ouverte. Bûches jusqu’au 20 décembre, fougasses quand vous voulez.", "", ""},
		},
	},
	{
		folder: "la-bastide", name: "La Bastide-Neuve", handle: "la_bastide", insee: "30001",
		lat: 44.2480, lon: 4.3410, helpPhone: "04 65 71 40 00", helpHours: "de 10 h à 12 h", accent: "#1d4e79",
		closings: []demoClosing{{"gabare", time.Wednesday, 1, 2, "", "On repeint la barque"}},
		shops: []demoShop{
			{"chevrerie", "La Chèvrerie du Moulin", "fromagerie", "04 65 71 40 21", "Chemin du Moulin",
				"Tous les jours de 17 h à 19 h", "Quarante chèvres, des tommes et des bûches.",
				"fromage.jpg", "Tommes et bûches de chèvre sur une planche de bois."},
			{"marche_bastide", "Le marché de La Bastide", "marche", "04 65 71 40 00", "Place Haute",
				"Mercredi de 8 h à 12 h 30", "Vingt étals le mercredi, quarante en été.",
				"marche.jpg", "Des étals sous des toiles rayées, un matin de marché."},
			{"gabare", "La Gabare", "restaurant", "04 65 71 40 36", "Quai du Port-Vieux",
				"Du mercredi au dimanche de 12 h à 14 h et de 19 h à 22 h 30", "La table au bord de l’eau, poissons de rivière et légumes du jardin.",
				"riviere.jpg", "La rivière, un pont et des barques."},
		},
		news: []demoNews{
			{"chevrerie", ago(35), "Les tommes d’octobre sortent de cave. Nous serons aussi sur la place de Saint-Laurent samedi matin, à côté du banc de miel.", "fromage.jpg", "Tommes et bûches de chèvre sur une planche de bois."},
			{"marche_bastide", on(1, 17, 5), "Mercredi, trois étals de plus : huîtres, vannerie et pommes du Vigan. On peut se garer au stade.", "marche.jpg", "Des étals sous des toiles rayées, un matin de marché."},
			{"gabare", on(2, 9, 30), "La rivière a baissé, la terrasse rouvre samedi midi. Brandade et poires au vin.", "riviere.jpg", "La rivière, un pont et des barques."},
			{"chevrerie", on(2, 17, 10), "Bûches cendrées et faisselles au portillon dès 17 h. Apportez votre bocal, il vous vaut cinquante centimes.", "", ""},
			{"marche_bastide", on(4, 12, 0), "Merci pour les parasols rendus. Il en manque un, rouge, avec une couture blanche : il se sent seul.", "", ""},
			{"gabare", on(5, 10, 40), "Fermé lundi et mardi pour repeindre la barque. Le menu du mercredi est sur l’ardoise : friture, rôti de veau, tarte aux pommes.", "", ""},
		},
	},
}

// demoPlaces says where the shops are: metres north and east of the middle of their town.
var demoPlaces = map[string][2]float64{
	"fournil": {15, -12}, "potager": {-60, 60}, "quincaillerie": {-310, 160}, "page_cornee": {48, 36},
	"terre_rouge": {1500, -1000}, "miellerie": {3300, 2600}, "cycles": {-350, 190}, "mairie_saint_laurent": {10, 20},
	"garrigue": {-120, -196}, "deux_feves": {90, 80}, "fontaine": {-8, 18}, "boucherie": {30, -33},
	"chevrerie": {1900, -700}, "marche_bastide": {12, 6}, "gabare": {-240, 410},
}

// place returns where a shop is, in degrees.
func (d *demoTown) place(handle string) (lat, lon *float64) {
	metres, known := demoPlaces[handle]
	if !known {
		return nil, nil
	}
	const perDegree = 111_320 // metres, of latitude
	north := d.lat + metres[0]/perDegree
	east := d.lon + metres[1]/(perDegree*math.Cos(d.lat*math.Pi/180))
	return &north, &east
}
