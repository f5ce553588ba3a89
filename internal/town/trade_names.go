package town

// tradesName is what all merchants of a trade are called together, in French.
func tradesName(slug string) string {
	if name, ok := tradeNames[slug]; ok {
		return name
	}
	return "Commerces"
}

// tradeNames has one entry for each of Trades.
var tradeNames = map[string]string{
	"boulangerie": "Boulangeries", "patisserie": "Pâtisseries", "boucherie": "Boucheries", "charcuterie": "Charcuteries",
	"poissonnerie": "Poissonneries", "primeur": "Primeurs", "fromagerie": "Fromageries", "epicerie": "Épiceries",
	"chocolaterie": "Chocolateries", "cave": "Caves à vins", "ferme": "Fermes", "apiculture": "Apiculteurs",
	"supermarche": "Supermarchés", "marche": "Étals de marché", "cafe": "Cafés", "restaurant": "Restaurants",
	"traiteur": "Traiteurs", "hotel": "Hôtels", "quincaillerie": "Quincailleries", "fleuriste": "Fleuristes",
	"jardinerie": "Jardineries", "decoration": "Décoration", "electromenager": "Électroménager",
	"artisan": "Artisans du bâtiment", "poterie": "Poteries", "menuiserie": "Menuiseries", "pharmacie": "Pharmacies",
	"opticien": "Opticiens", "coiffure": "Coiffeurs", "esthetique": "Esthétique", "sante": "Santé",
	"librairie": "Librairies", "presse": "Presse", "tabac": "Tabacs", "jouets": "Jouets", "sport": "Sport",
	"velo": "Vélos", "musique": "Musique", "vetements": "Vêtements", "chaussures": "Chaussures",
	"bijouterie": "Bijouteries", "couture": "Couture et mercerie", "garage": "Garages", "pressing": "Pressings",
	"banque": "Banques", "immobilier": "Agences immobilières", "imprimerie": "Imprimeries",
	"informatique": "Informatique", "animalerie": "Animaleries", "association": "Associations", "mairie": "Services de la mairie",
	"autre": "Autres commerces",
}
