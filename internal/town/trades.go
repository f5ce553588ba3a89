package town

import (
	"fmt"
	"strings"
)

// Trade is what a merchant does, as the directory sorts it.
type Trade struct {
	Slug  string
	Group string // heading in the directory
	Icon  string // in the sprite
	Paint string // colour of a new shop's front
}

// Groups are the headings of the directory, in their order.
var Groups = []string{"bouche", "tables", "maison", "soins", "loisirs", "mode", "services"}

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
	var best Trade
	least := 1 << 30
	for _, t := range Trades {
		if t.Slug == slug {
			return t, nil
		}
		if d := distance(slug, t.Slug); d < least {
			best, least = t, d
		}
	}
	return Trade{}, fmt.Errorf("unknown trade %q: the nearest is %q", slug, best.Slug)
}

// distance is Levenshtein's between two short words, in bytes; anything over 60 bytes is cut.
func distance(a, b string) int {
	a, b = strings.ToLower(a[:min(len(a), 60)]), b[:min(len(b), 60)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		left := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := left
			if a[i-1] != b[j-1] {
				cost++
			}
			left, row[j] = row[j], min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
