package town

import (
	"fmt"

	"bourg/internal/nearest"
)

// Trade is what a merchant does, as the directory sorts it.
type Trade struct {
	Slug  string
	Group string // heading in the directory
	Icon  string // in the sprite
	Paint string // colour of a new shop's front
}

// Headings are those of the directory, in their order.
var Headings = []string{"bouche", "tables", "maison", "soins", "loisirs", "mode", "services"}

// Trades are all trades that a merchant may have; their names are messages "trade.<slug>".
var Trades = []Trade{
	{"boulangerie", "bouche", "pain", "brique"}, {"patisserie", "bouche", "pain", "prune"},
	{"boucherie", "bouche", "viande", "brique"}, {"charcuterie", "bouche", "viande", "brique"},
	{"poissonnerie", "bouche", "commerce", "nuit"}, {"primeur", "bouche", "legume", "olive"},
	{"fromagerie", "bouche", "fromage", "ocre"}, {"epicerie", "bouche", "sac", "sapin"},
	{"chocolaterie", "bouche", "chocolat", "prune"}, {"cave", "bouche", "cafe", "prune"},
	{"ferme", "bouche", "legume", "olive"}, {"apiculture", "bouche", "miel", "ocre"},
	{"supermarche", "bouche", "sac", "zinc"}, {"marche", "bouche", "marche", "brique"},
	{"cafe", "tables", "cafe", "ocre"}, {"restaurant", "tables", "cafe", "brique"},
	{"traiteur", "tables", "cafe", "olive"}, {"hotel", "tables", "cle", "nuit"},
	{"quincaillerie", "maison", "cle", "zinc"}, {"fleuriste", "maison", "fleur", "prune"},
	{"jardinerie", "maison", "fleur", "sapin"}, {"decoration", "maison", "pot", "ocre"},
	{"electromenager", "maison", "cle", "nuit"}, {"artisan", "maison", "cle", "zinc"},
	{"poterie", "maison", "pot", "brique"}, {"menuiserie", "maison", "cle", "ocre"},
	{"pharmacie", "soins", "soin", "sapin"}, {"opticien", "soins", "soin", "nuit"},
	{"coiffure", "soins", "ciseaux", "prune"}, {"esthetique", "soins", "soin", "prune"},
	{"sante", "soins", "soin", "sapin"}, {"librairie", "loisirs", "livre", "sapin"},
	{"presse", "loisirs", "journal", "nuit"}, {"tabac", "loisirs", "journal", "zinc"},
	{"jouets", "loisirs", "commerce", "brique"}, {"sport", "loisirs", "velo", "nuit"},
	{"velo", "loisirs", "velo", "nuit"}, {"musique", "loisirs", "commerce", "prune"},
	{"vetements", "mode", "fil", "prune"}, {"chaussures", "mode", "commerce", "ocre"},
	{"bijouterie", "mode", "commerce", "nuit"}, {"couture", "mode", "fil", "prune"},
	{"garage", "services", "cle", "zinc"}, {"pressing", "services", "fil", "nuit"},
	{"banque", "services", "commerce", "zinc"}, {"immobilier", "services", "commerce", "zinc"},
	{"imprimerie", "services", "journal", "zinc"}, {"informatique", "services", "cle", "zinc"},
	{"animalerie", "services", "commerce", "olive"}, {"association", "services", "bulle", "sapin"},
	{"mairie", "services", "mairie", "nuit"}, {"autre", "services", "commerce", "zinc"},
}

// TradeBySlug returns a trade. Its error names the trade whose slug is nearest to what was asked for.
func TradeBySlug(slug string) (Trade, error) {
	slugs := make([]string, 0, len(Trades))
	for _, t := range Trades {
		if t.Slug == slug {
			return t, nil
		}
		slugs = append(slugs, t.Slug)
	}
	return Trade{}, fmt.Errorf("unknown trade %q: the nearest is %q", slug, nearest.To(slug, slugs))
}
