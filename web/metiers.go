package web

import "bourg/web/locale"

// TradeMark gives the symbol of the sprite that hangs on the sign of a shop, by the slug of its trade, for [Commerce]. Trades without a symbol of their own hang the general shop.
func TradeMark(trade string) string {
	switch trade {
	case "boulangerie", "patisserie":
		return "pain"
	case "librairie", "presse":
		return "livre"
	case "fleuriste", "jardinerie":
		return "fleur"
	case "quincaillerie", "bricolage", "garage", "plomberie", "electricite", "menuiserie", "maconnerie":
		return "cle"
	case "velo":
		return "velo"
	case "cafe", "restaurant", "hotel":
		return "cafe"
	case "miellerie":
		return "miel"
	case "coiffure", "esthetique":
		return "ciseaux"
	case "pharmacie", "opticien":
		return "soin"
	case "primeur", "maraicher", "epicerie":
		return "legume"
	case "boucherie", "charcuterie", "poissonnerie":
		return "viande"
	case "fromagerie", "cave":
		return "fromage"
	case "poterie", "artisanat":
		return "pot"
	case "mercerie", "couture", "pressing", "vetements", "chaussures":
		return "fil"
	case "chocolaterie", "confiserie":
		return "chocolat"
	case "marche":
		return "marche"
	case "mairie":
		return "mairie"
	}
	return "commerce"
}

// TradeName writes a trade in words: « Boulangerie ». A trade that has no words comes back as its slug.
func TradeName(l *locale.Locale, trade string) string {
	key := "trade." + trade
	if !l.Has(key) {
		return trade
	}
	return l.T(key)
}
