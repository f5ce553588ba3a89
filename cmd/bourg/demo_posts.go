package main

import (
	"time"

	"bourg/internal/town"
)

// demoPost is a post of another kind than news. Its days are counted from today, so that a
// demonstration always has a week before it.
type demoPost struct {
	demoNews
	kind    town.Kind
	details func(demoDays) town.Details
	// forward: a product that was put forward at once, and stands in the feed.
	forward bool
}

// demoDays tells the days to come on the town's clock.
type demoDays struct{ now time.Time }

// next is the coming day of that name, tomorrow at the earliest.
func (d demoDays) next(day time.Weekday, hour, minute int) time.Time {
	ahead := int(day-d.now.Weekday()+6)%7 + 1
	return time.Date(d.now.Year(), d.now.Month(), d.now.Day()+ahead, hour, minute, 0, 0, d.now.Location())
}

// after is so many weeks later.
func after(t time.Time, weeks int) time.Time { return t.AddDate(0, 0, 7*weeks) }

// demoPrice makes a price.
func demoPrice(c town.Cents) *town.Cents { return &c }

// demoEvent is an event's details; place "" is the shop.
func demoEvent(title, place, category string, from, to time.Time) town.Details {
	return town.Details{Title: title, Starts: from, Ends: to, Event: &town.EventDetails{Place: place, Category: category}}
}

func demoProduct(title string, price town.Cents, unit string, how town.Availability, lead string) func(demoDays) town.Details {
	return func(demoDays) town.Details {
		return town.Details{Title: title, Product: &town.ProductDetails{Price: demoPrice(price), Unit: unit, Availability: how, Lead: lead}}
	}
}

// demoPosts are the posts of the sample towns' shops, by the town's folder.
func demoPosts(folder string) []demoPost {
	if folder == "la-bastide" {
		return demoPostsOfLaBastide()
	}
	return []demoPost{
		{
			demoNews: demoNews{"potager", ago(48), "Cultivés aux Aires-Hautes, sans traitement. Tant qu’il y en a.", "legumes.jpg", "Caisses de légumes d’automne, potirons, poireaux et pommes."},
			kind:     town.Offer,
			details: func(d demoDays) town.Details {
				return town.Details{
					Title: "Potimarrons du plateau", Starts: town.FirstMoment(d.now), Ends: town.LastMoment(d.next(time.Saturday, 0, 0)),
					Offer: &town.OfferDetails{Price: demoPrice(220), Prior: demoPrice(290), Unit: "le kilo", Conditions: "Coupe offerte"},
				}
			},
		},
		{
			demoNews: demoNews{"quincaillerie", ago(75), "Fermé vendredi après-midi pour inventaire. Réouverture samedi à 8 h 30. Pour une clé qui ne peut pas attendre, appelez.", "", ""},
			kind:     town.Closure,
			details: func(d demoDays) town.Details {
				return town.Details{Starts: d.next(time.Friday, 14, 0), Ends: d.next(time.Friday, 18, 30)}
			},
		},
		{
			demoNews: demoNews{"page_cornee", on(1, 18, 20), "Pour les enfants dès cinq ans et ceux qui les accompagnent. Entrée libre, tisane offerte.\n\n#lecture #contes", "", ""},
			kind:     town.Event,
			details: func(d demoDays) town.Details {
				return demoEvent("Veillée de lecture : contes des deux rives", "", "BOOK_CLUBS", d.next(time.Saturday, 17, 0), d.next(time.Saturday, 18, 30))
			},
		},
		{
			demoNews: demoNews{"terre_rouge", on(1, 16, 0), "On la prend à trois kilomètres d’ici, dans le talus de l’ancienne tuilerie. Il faut la laisser dormir un hiver avant de la tourner.\n\n" +
				"Au printemps, on la passe au tamis, on la bat, on la laisse reposer encore. Elle est grasse, pleine de fer, et elle rougit à la cuisson comme les toits du village. " +
				"Les tuiliers la connaissaient : leurs noms sont encore écrits au doigt sur les dernières tuiles du four.\n\n" +
				"Un bol demande trois jours, un grand pot trois semaines. Le reste est affaire de bois sec et de patience. L’atelier est ouvert samedi et dimanche, venez voir le four.",
				"poterie.jpg", "Vases, bols et jarres de terre rouge et bleue sur une étagère."},
			kind:    town.Article,
			details: func(demoDays) town.Details { return town.Details{Title: "D’où vient la terre rouge"} },
		},
		{
			demoNews: demoNews{"miellerie", on(1, 11, 30), "Le pot de 500 g. Récolte de juillet, entre châtaigniers et garrigue. On vous en met de côté si vous répondez ici, à prendre au marché.", "miel.jpg", "Trois pots de miel, du plus clair au plus sombre."},
			kind:     town.Product, details: demoProduct("Miel de châtaignier", 950, "le pot", town.InStore, ""), forward: true,
		},
		{
			demoNews: demoNews{"fontaine", on(2, 7, 15), "On s’inscrit au comptoir, la soupe est offerte aux perdants.", "", ""},
			kind:     town.Event,
			details: func(d demoDays) town.Details {
				return demoEvent("Tournoi de tarot", "", "GAMES", d.next(time.Thursday, 20, 0), time.Time{})
			},
		},
		{
			demoNews: demoNews{"mairie_saint_laurent", on(3, 9, 0), "Avec les voisins de La Bastide-Neuve : vingt étals, et la buvette de l’école.", "marche.jpg", "Des étals sous des toiles rayées, un matin de marché."},
			kind:     town.Event,
			details: func(d demoDays) town.Details {
				return demoEvent("Marché de producteurs", "Place de la Fontaine", "FOOD_DRINK", d.next(time.Saturday, 8, 0), d.next(time.Saturday, 12, 30))
			},
		},
		{
			demoNews: demoNews{"mairie_saint_laurent", on(4, 9, 0), "Apportez un ruban.", "sapins.jpg", "Sapins éclairés sur une place, la nuit."},
			kind:     town.Event,
			details: func(d demoDays) town.Details {
				return demoEvent("Les écoles décorent les sapins", "Place de la Fontaine", "FAMILY_EDUCATION", after(d.next(time.Monday, 10, 0), 1), time.Time{})
			},
		},
		{
			demoNews: demoNews{"terre_rouge", on(5, 18, 0), "Huit places, tout est fourni. On revient chercher son bol après la cuisson.", "", ""},
			kind:     town.Event,
			details: func(d demoDays) town.Details {
				return demoEvent("Premier bol : tourner la terre", "", "CRAFTS", after(d.next(time.Sunday, 14, 0), 1), after(d.next(time.Sunday, 16, 0), 1))
			},
		},
		{
			demoNews: demoNews{"garrigue", on(2, 7, 50), "Derniers dahlias avant les gelées, à prendre dans le seau devant la porte.", "fleurs.jpg", "Bouquet de dahlias rouges, roses et orange dans un seau de zinc."},
			kind:     town.Offer,
			details: func(d demoDays) town.Details {
				return town.Details{
					Title: "Bouquets du jour", Starts: town.FirstMoment(d.now), Ends: town.LastMoment(d.next(time.Sunday, 0, 0)),
					Offer: &town.OfferDetails{Price: demoPrice(1200), Unit: "le bouquet"},
				}
			},
		},
		{
			demoNews: demoNews{"fournil", on(9, 9, 0), "Levain de seigle, croûte épaisse. Se garde une semaine.", "pain.jpg", "Deux boules de seigle et deux pains longs sur la table du fournil."},
			kind:     town.Product, details: demoProduct("Tourte de seigle", 540, "le kilo", town.InStore, ""),
		},
		{
			demoNews: demoNews{"fournil", on(9, 9, 10), "Olives de Nyons, ou nature.", "", ""},
			kind:     town.Product, details: demoProduct("Fougasse aux olives", 320, "la pièce", town.ToOrder, "la veille"),
		},
		{
			demoNews: demoNews{"deux_feves", on(9, 10, 0), "Pralinés, ganaches, une pâte de fruits. On expédie aussi.", "chocolat.jpg", "Boîtes nouées d’un ruban et bouchées au chocolat."},
			kind:     town.Product, details: demoProduct("Coffret de douze bouchées", 1600, "", town.InStore, ""),
		},
	}
}

func demoPostsOfLaBastide() []demoPost {
	return []demoPost{
		{
			demoNews: demoNews{"gabare", on(3, 10, 0), "Soupe de courge, friture et vin chaud sur le quai. Réservez, la barque est petite.", "riviere.jpg", "La rivière, un pont et des barques."},
			kind:     town.Event,
			details: func(d demoDays) town.Details {
				return demoEvent("Fête des lumières", "Quai du Port-Vieux", "COMMUNITY", d.next(time.Friday, 18, 30), d.next(time.Friday, 22, 0))
			},
		},
		{
			demoNews: demoNews{"chevrerie", on(1, 17, 30), "Pour trois achetées, la quatrième est offerte.", "fromage.jpg", "Tommes et bûches de chèvre sur une planche de bois."},
			kind:     town.Offer,
			details: func(d demoDays) town.Details {
				return town.Details{
					Title: "Les bûches cendrées", Starts: town.FirstMoment(d.now), Ends: town.LastMoment(d.next(time.Sunday, 0, 0)),
					Offer: &town.OfferDetails{Price: demoPrice(480), Unit: "la pièce"},
				}
			},
		},
		{
			demoNews: demoNews{"chevrerie", on(8, 17, 0), "Six semaines de cave, croûte fleurie.", "fromage.jpg", "Tommes et bûches de chèvre sur une planche de bois."},
			kind:     town.Product, details: demoProduct("Tomme de chèvre", 2400, "le kilo", town.Seasonal, ""),
		},
		{
			demoNews: demoNews{"marche_bastide", on(6, 9, 0), "Quatre-vingts ans que les étals se posent ici. Les plus vieux se souviennent des châtaignes vendues au boisseau, et du crieur qui annonçait le prix du cochon.\n\n" +
				"Aujourd’hui ils sont vingt l’hiver, quarante l’été. La moitié vient de la commune, l’autre des villages d’en face. On y parle du temps, des impôts et des neveux.", "marche.jpg", "Des étals sous des toiles rayées, un matin de marché."},
			kind:    town.Article,
			details: func(demoDays) town.Details { return town.Details{Title: "Le marché a quatre-vingts ans"} },
		},
	}
}
