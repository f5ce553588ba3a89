package web

import (
	"bourg/internal/town"
	"bourg/web/locale"
)

func agreed() Accord {
	shops := 18
	return Accord{
		Shops: &shops, Since: ago(40, 9, 0),
		Goes: []string{"Nous recevons d’elle : toutes les nouvelles.", "Elle reçoit de nous : offres et événements, jusqu’à 25 km."},
	}
}

func bakeryAway(number int, decision string) CommerceVoisin {
	return CommerceVoisin{
		ID: "https://bastide.example/actors/1", Number: number, Name: "Garage du Chêne", URL: "https://bastide.example/@garage", Town: "La Bastide-Neuve",
		State: &Etat{Closed, "Pas montré"}, Decision: decision, Last: ago(0, 7, 30), Posts: 2, Sample: "<p>Pneus neige montés sans rendez-vous.</p>",
	}
}

func requestOfCastelvieil() DemandeVoisine {
	shops := 11
	return DemandeVoisine{
		ID: "d1", Name: "Castelvieil", Domain: "castelvieil.example", Path: "/mairie/voisins/castelvieil.example", Km: metres(21.3), At: ago(1, 17, 5),
		Wants: "nouvelles courtes et offres, jusqu’à 25 km", Message: "Bonjour, nos marchés se touchent.", Phone: "0465712030", Shops: &shops,
	}
}

// around are towns in all states, near and far, one of them without a place.
func around() ([]CommuneVoisine, []lieu) {
	var towns []CommuneVoisine
	var places []lieu
	for _, c := range []struct {
		name    string
		km      float64
		bearing float64
		shape   string
		state   Etat
	}{
		{"La Bastide-Neuve", 6.2, 200, shapeWell, Etat{Open, "Échange il y a 4 min"}},
		{"Pont-Saint-Vérain", 9, 40, shapeWell, Etat{Open, "Échange il y a 12 min"}},
		{"Vernède", 9.4, 44, shapeWell, Etat{Open, "Échange il y a 1 h"}},
		{"Les Aires-Hautes", 17, 300, shapeSilent, Etat{Closed, "Ne répond plus depuis lundi"}},
		{"Castelvieil", 21.3, 120, shapeAsks, Etat{Soon, "Souhaite échanger avec nous"}},
		{"Saint-Barthélemy-d’Agenais-le-Vieux", 38, 150, shapeNothing, Etat{Closed, "A refusé notre demande"}},
		{"Marseille", 98, 170, shapeWell, Etat{Open, "Échange ouvert, rien encore"}},
	} {
		number := string(rune('1' + len(towns)))
		towns = append(towns, CommuneVoisine{Number: number, Name: c.name, Path: "/mairie/voisins/vernede.example", Km: &c.km, State: &c.state, Came: 12, Sent: 8})
		places = append(places, lieu{number: number, name: c.name, km: c.km, bearing: c.bearing, shape: c.shape, class: c.state.Class})
	}
	towns = append(towns, CommuneVoisine{Number: "8", Name: "Quelque-Part", Path: "/mairie/voisins/ailleurs.example", State: &Etat{Open, "Échange hier à 18 h"}, Notes: []string{"Seuls ses événements sont montrés."}})
	return towns, places
}

func cannedConsole(*locale.Locale) Page {
	towns, places := around()
	return PageMairieVoisins{
		Exchanging: 5, Came: 71, Sent: 46, Requests: []DemandeVoisine{requestOfCastelvieil()}, Waiting: []CommerceVoisin{bakeryAway(1, "")},
		Returns: []Lien{{URL: "/mairie/voisins/demander?domaine=vernede.example", Text: "Vernède"}}, Towns: towns, Map: newCarte("Saint-Laurent", places), Unplaced: 1,
		Suggestions: []CommuneSuggeree{{Name: "Montclus", Host: "montclus.example", Path: "/mairie/voisins/demander?domaine=montclus.example", Km: 14, From: "D’après Vernède, La Bastide-Neuve."}},
		Done:        "C’est fait.",
	}
}

func castelvieil() FicheCommune {
	shops := 11
	return FicheCommune{
		Name: "Castelvieil", URL: "https://castelvieil.example/", Host: "castelvieil.example", Km: metres(21.3), Communes: "30999", Shops: &shops,
		Phone: "0465712030", LegalURL: "https://castelvieil.example/mentions-legales", CharterURL: "https://castelvieil.example/charte.txt", Takes: "sa mairie décide", IsTown: true,
	}
}

func cannedAsk(l *locale.Locale) Page {
	card := castelvieil()
	return PageMairieDemander{
		Domain: "castelvieil.example", Card: &card, Message: "Bonjour", Scope: newEtendue(l, l.T("demander.wants"), town.FullScope(), nil),
		Charter: charterParts(town.CharterParts("Qui parle ici\nLes commerces.\n\nUne ligne seule.")),
		Samples: []Extrait{{Number: 1, Shop: "Le Moulin", URL: "https://castelvieil.example/@moulin/1", Title: "Farine neuve", Published: ago(1, 8, 0), Text: "<p>Elle est moulue.</p>"}},
	}
}

func cannedWants(l *locale.Locale) *Etendue {
	e := newEtendue(l, l.T("demander.wants"), town.FullScope(), nil)
	e.ID = wantedScope
	return &e
}

func cannedNeighbour(l *locale.Locale) Page {
	return PageMairieVoisin{
		Card: castelvieil(), Domain: "castelvieil.example", Since: ago(12, 9, 0), State: &Etat{Open, "Échange il y a 4 min"},
		In: "Nous ne recevons pas ses nouvelles.", Out: "Elle reçoit de nous : toutes les nouvelles.", Given: true, ProposeAsk: true, Leavable: true,
		Give: newEtendue(l, l.T("communes.give"), town.Scope{Kinds: []town.Kind{town.Offer}, MaxKm: 30}, nil), Take: cannedWants(l), Modes: []Coche{{"open", "Tout ce qui est convenu", true}, {"blocked", "Bloquer", false}},
		Merchants: []CommerceVoisin{bakeryAway(1, "montrer"), bakeryAway(2, "taire"), bakeryAway(3, "bloquer"), bakeryAway(4, "")}, MoreURL: "/mairie/voisins/castelvieil.example?apres=x",
		Days: []JourEchange{{"jeudi 26 novembre", 4, 2}, {"mercredi 25 novembre", 3, 0}}, Came: 7, Sent: 2, Done: "C’est fait.",
	}
}

func cannedRequest(l *locale.Locale) Page {
	wrong := Erreurs{{Field: "genre", Text: l.T("kinds.none")}}
	request := requestOfCastelvieil()
	return PageMairieVoisin{
		Card: castelvieil(), Domain: "castelvieil.example", State: &Etat{Soon, "Souhaite échanger avec nous"}, In: "Elle a refusé de nous donner ses nouvelles.", Refusal: "Trop loin.",
		Out: "Elle demande les nôtres.", Request: &request, Give: newEtendue(l, l.T("communes.give"), town.Scope{}, wrong), Reason: "Plus tard.", Errors: wrong,
	}
}
