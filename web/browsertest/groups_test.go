package browsertest

// groupScreens are the pages that people follow in the place of single shops.
func groupScreens() []screen {
	return []screen{
		{Name: "groupe-commune", Path: "/@saint_laurent", Dark: true, budget: groupBudget},
		{Name: "groupe-alentours", Path: "/@alentours", budget: groupBudget},
		{Name: "groupe-marche", Path: "/@marche_du_jeudi", Dark: true, budget: groupBudget},
		{Name: "groupe-metier", Path: "/@boulangeries", budget: groupBudget},
		{Name: "groupe-en", Path: "/en/@marche_du_jeudi", budget: groupBudget},
		{Name: "suivre-marche", Path: "/suivre?qui=marche_du_jeudi", budget: readerBudget},
		{Name: "commerce-au-marche", Path: "/@potager", budget: readerBudget},
	}
}

// Twenty pieces of news stand on a group's page, as in the thread.
var groupBudget = threadBudget

// groupsOfTownHall are the pages on which the town hall makes them.
func (l *lively) groupsOfTownHall(cookie string) []screen {
	market := l.href("/mairie/groupes", cookie, `/mairie/groupes/[0-9a-f-]{36}`)
	return []screen{
		{Name: "mairie-groupes", Path: "/mairie/groupes", Dark: true, budget: deskBudget},
		{Name: "mairie-groupes-en", Path: "/en/mairie/groupes", budget: deskBudget},
		{Name: "mairie-groupes-metiers", Path: "/mairie/groupes", Press: "Enregistrer", budget: deskBudget},
		{Name: "mairie-groupe", Path: market, budget: deskBudget},
		{Name: "mairie-groupe-nouveau", Path: "/mairie/groupes/nouveau?genre=marche", budget: deskBudget},
		{Name: "mairie-groupe-erreur", Path: "/mairie/groupes/nouveau?genre=collectif", Press: "Créer la page", Status: 422, budget: deskBudget},
		{
			Name: "mairie-groupe-cree", Path: "/mairie/groupes/nouveau?genre=collectif", Fill: map[string]string{"nom": "Les soirs d’été"},
			Press: "Créer la page", budget: deskBudget,
		},
	}
}
