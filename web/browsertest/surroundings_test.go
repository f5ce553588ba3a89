package browsertest

// surroundingsScreens are the pages on which neighbours' news stands.
func surroundingsScreens() []screen {
	return []screen{
		{Name: "fil-alentours", Path: "/?l=voisins", Dark: true, budget: threadBudget},
		{Name: "fil-commune", Path: "/?l=bourg", budget: threadBudget},
		{Name: "fil-alentours-en", Path: "/en/?l=voisins", budget: threadBudget},
		{Name: "agenda", Path: "/agenda", Dark: true, budget: readerBudget},
		{Name: "agenda-voisins", Path: "/agenda?l=voisins", budget: readerBudget},
		{Name: "agenda-marches", Path: "/agenda?g=marche", budget: readerBudget},
		{Name: "recherche-alentours", Path: "/recherche?q=tommes", budget: readerBudget},
	}
}
