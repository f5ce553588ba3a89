package web

import (
	"strings"
	"time"

	"bourg/internal/hours"
	"bourg/internal/sanitize"
	"bourg/internal/town"
)

// This file makes the twins of posts in the words of schema.org, which search engines and other machines read in pages. A twin
// says what the page shows, never more. It stands in a data block (HTML standard, section 4.12.1), which no browser runs and no
// security policy needs to allow; html/template writes it so that no word can end the block.

// schema is an object of schema.org.
type schema map[string]any

const schemaOrg = "https://schema.org/"

// twin describes a post; it is nil for kinds that schema.org has no use for.
func (h *Handlers) twin(t *town.Town, p *town.Post) schema {
	var s schema
	switch p.Kind {
	case town.Offer:
		s = h.offerTwin(t, p)
	case town.Event:
		s = h.eventTwin(t, p)
	case town.Article:
		s = h.articleTwin(t, p)
	case town.Product:
		s = h.productTwin(p)
	default:
		return nil
	}
	s["@context"] = "https://schema.org"
	s["url"] = string(h.config.Addresses.Page(p.Merchant.Handle, p.ID))
	if text := sanitize.Line(p.Text); text != "" {
		s["description"] = beginning(text, twinText)
	}
	if images := h.twinImages(p); len(images) > 0 {
		s["image"] = images
	}
	return s
}

// twinText is how much of a text a twin repeats, in runes.
const twinText = 500

func (h *Handlers) offerTwin(t *town.Town, p *town.Post) schema {
	s := schema{
		"@type": "Offer", "name": p.Title, "seller": h.shopTwin(p.Merchant),
		"availability": schemaOrg + "InStoreOnly",
	}
	zone := h.zone(t)
	if !p.Starts.IsZero() {
		s["validFrom"] = p.Starts.In(zone).Format(time.RFC3339)
	}
	if !p.Ends.IsZero() {
		s["validThrough"] = p.Ends.In(zone).Format(time.RFC3339)
	}
	o := p.Offer
	if o == nil {
		return s
	}
	if o.Price != nil {
		s["price"], s["priceCurrency"] = o.Price.Decimal(), "EUR"
		specification := schema{"@type": "UnitPriceSpecification", "price": o.Price.Decimal(), "priceCurrency": "EUR"}
		if o.Unit != "" {
			specification["unitText"] = o.Unit
		}
		prices := []schema{specification}
		if o.Prior != nil && *o.Prior > *o.Price {
			prices = append(prices, schema{
				"@type": "UnitPriceSpecification", "priceType": schemaOrg + "StrikethroughPrice",
				"price": o.Prior.Decimal(), "priceCurrency": "EUR",
			})
		}
		s["priceSpecification"] = prices
	}
	switch over := !p.Ends.IsZero() && !h.config.Now().Before(p.Ends); {
	case o.Status == town.OfferSoldOut:
		s["availability"] = schemaOrg + "SoldOut"
	case o.Status != town.OfferOpen || over:
		s["availability"] = schemaOrg + "Discontinued"
	case o.Stock > 0:
		s["availability"] = schemaOrg + "LimitedAvailability"
	}
	return s
}

func (h *Handlers) eventTwin(t *town.Town, p *town.Post) schema {
	zone := h.zone(t)
	s := schema{
		"@type": "Event", "name": p.Title, "organizer": h.shopTwin(p.Merchant),
		"startDate": p.Starts.In(zone).Format(time.RFC3339), "eventStatus": schemaOrg + "EventScheduled",
		"eventAttendanceMode": schemaOrg + "OfflineEventAttendanceMode",
	}
	if !p.Ends.IsZero() {
		s["endDate"] = p.Ends.In(zone).Format(time.RFC3339)
	}
	place := schema{"@type": "Place", "address": t.Name}
	if e := p.Event; e != nil {
		if e.Place != "" {
			place["name"] = e.Place
		}
		if e.Address != "" {
			place["address"] = e.Address + ", " + t.Name
		}
		if e.Lat != nil && e.Lon != nil {
			place["geo"] = schema{"@type": "GeoCoordinates", "latitude": *e.Lat, "longitude": *e.Lon}
		}
		switch e.Status {
		case town.EventCancelled:
			s["eventStatus"] = schemaOrg + "EventCancelled"
		case town.EventPostponed:
			s["eventStatus"] = schemaOrg + "EventPostponed"
		case town.EventRescheduled:
			s["eventStatus"] = schemaOrg + "EventRescheduled"
		}
	}
	s["location"] = place
	return s
}

func (h *Handlers) articleTwin(t *town.Town, p *town.Post) schema {
	zone, author := h.zone(t), h.shopTwin(p.Merchant)
	s := schema{
		"@type": "Article", "headline": p.Title, "author": author, "publisher": author, "inLanguage": p.Language,
		"datePublished":    p.Published.In(zone).Format(time.RFC3339),
		"mainEntityOfPage": string(h.config.Addresses.Page(p.Merchant.Handle, p.ID)),
	}
	if !p.Updated.IsZero() {
		s["dateModified"] = p.Updated.In(zone).Format(time.RFC3339)
	}
	return s
}

func (h *Handlers) productTwin(p *town.Post) schema {
	s := schema{"@type": "Product", "name": p.Title}
	d := p.Product
	if d == nil || d.Price == nil {
		return s
	}
	availability := map[town.Availability]string{
		town.InStore: "InStoreOnly", town.ToOrder: "MadeToOrder", town.Seasonal: "LimitedAvailability", town.OutOf: "OutOfStock",
	}[d.Availability]
	offer := schema{"@type": "Offer", "price": d.Price.Decimal(), "priceCurrency": "EUR", "seller": h.shopTwin(p.Merchant)}
	if d.From {
		offer = schema{"@type": "AggregateOffer", "lowPrice": d.Price.Decimal(), "priceCurrency": "EUR", "seller": h.shopTwin(p.Merchant)}
	}
	if availability != "" {
		offer["availability"] = schemaOrg + availability
	}
	s["offers"] = offer
	return s
}

// shopTwin is a shop in few words; all that is known of it stands on its own page.
func (h *Handlers) shopTwin(m *town.Merchant) schema {
	s := schema{"@type": "LocalBusiness", "name": m.Name, "url": string(h.config.Addresses.Profile(m.Handle))}
	if m.Phone != "" {
		s["telephone"] = m.Phone
	}
	if m.Address != "" {
		s["address"] = strings.Join(lines(m.Address), ", ")
	}
	return s
}

// shopTypes are the types of schema.org that say more than LocalBusiness, by trade.
var shopTypes = map[string]string{
	"boulangerie": "Bakery", "patisserie": "Bakery", "fleuriste": "Florist", "cafe": "CafeOrCoffeeShop", "restaurant": "Restaurant",
	"hotel": "Hotel", "pharmacie": "Pharmacy", "opticien": "Optician", "coiffure": "HairSalon", "esthetique": "BeautySalon",
	"sante": "MedicalBusiness", "librairie": "BookStore", "jouets": "ToyStore", "sport": "SportingGoodsStore", "velo": "BikeStore",
	"vetements": "ClothingStore", "chaussures": "ShoeStore", "bijouterie": "JewelryStore", "garage": "AutoRepair",
	"pressing": "DryCleaningOrLaundry", "banque": "BankOrCreditUnion", "immobilier": "RealEstateAgent", "informatique": "ComputerStore",
	"animalerie": "PetStore", "quincaillerie": "HardwareStore", "jardinerie": "GardenStore", "decoration": "HomeGoodsStore",
	"electromenager": "ElectronicsStore", "musique": "MusicStore", "epicerie": "GroceryStore", "supermarche": "GroceryStore",
	"mairie": "CityHall", "cave": "LiquorStore", "traiteur": "FoodEstablishment", "boucherie": "Store", "charcuterie": "Store",
	"poissonnerie": "Store", "primeur": "GroceryStore", "fromagerie": "Store", "chocolaterie": "Store", "ferme": "Store",
	"apiculture": "Store", "presse": "Store", "tabac": "Store", "couture": "Store", "poterie": "Store",
}

// shopPageTwin is all that is known of a shop, for its own page.
func (h *Handlers) shopPageTwin(t *town.Town, m *town.Merchant, s hours.Schedule, today hours.Date) schema {
	twin := h.shopTwin(m)
	twin["@context"] = "https://schema.org"
	if kind, ok := shopTypes[m.Trade]; ok {
		twin["@type"] = kind
	}
	if street := m.Street(); street != "" {
		address := schema{"@type": "PostalAddress", "streetAddress": street, "addressLocality": t.Name, "addressCountry": "FR"}
		if m.Locality != "" {
			address["addressLocality"] = m.Locality
		}
		if m.PostalCode != "" {
			address["postalCode"] = m.PostalCode
		}
		twin["address"] = address
	}
	if m.Lat != nil && m.Lon != nil {
		twin["geo"] = schema{"@type": "GeoCoordinates", "latitude": *m.Lat, "longitude": *m.Lon}
	}
	if list := s.Specifications(today); len(list) > 0 {
		twin["openingHoursSpecification"] = list
	}
	if text := sanitize.Line(m.Summary); text != "" {
		twin["description"] = beginning(text, twinText)
	}
	if m.Cover != nil {
		if v := m.Cover.JPEG(1280); v.File != "" {
			twin["image"] = absolute(h.base, h.config.MediaURL(v.File))
		}
	}
	return twin
}

// twinImages are the absolute addresses of a post's photos.
func (h *Handlers) twinImages(p *town.Post) []string {
	var all []string
	for i := range p.Photos {
		if v := p.Photos[i].JPEG(1280); v.File != "" {
			all = append(all, absolute(h.base, h.config.MediaURL(v.File)))
		}
	}
	return all
}
