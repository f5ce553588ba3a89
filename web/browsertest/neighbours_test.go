package browsertest

import "strings"

// neighbourReaders are the pages of neighbours that everybody reads.
func neighbourReaders() []screen {
	return []screen{{Name: "voisins", Path: "/voisins", Dark: true, budget: readerBudget}, {Name: "voisins-en", Path: "/en/voisins", budget: readerBudget}}
}

// neighboursOfTownHall are those on which the town hall decides; the sample towns are neighbours.
func (l *lively) neighboursOfTownHall(cookie string) []screen {
	detail := l.href("/mairie/voisins", cookie, `/mairie/voisins/localhost[^"]+`)
	other := "http%3A%2F%2F" + strings.ReplaceAll(strings.TrimPrefix(detail, "/mairie/voisins/"), ":", "%3A")
	const ask = "/mairie/voisins/demander"
	return []screen{
		{Name: "mairie-voisins", Path: "/mairie/voisins", Dark: true, budget: deskBudget},
		{Name: "mairie-voisins-en", Path: "/en/mairie/voisins", budget: deskBudget},
		{Name: "mairie-voisin", Path: detail, Dark: true, budget: deskBudget},
		{Name: "mairie-demander", Path: ask, budget: deskBudget},
		{Name: "mairie-demander-erreur", Path: ask, Press: "Voir cette commune", Status: 422, budget: deskBudget},
		{Name: "mairie-demander-fiche", Path: ask + "?domaine=" + other, budget: deskBudget},
	}
}
