package town

import (
	"html"
	"regexp"
	"strings"

	"bourg/federation"
)

// The lengths of the parts of an address beside the street, in runes.
const (
	MaxPostalCode = 10
	MaxLocality   = 100
)

// inOneLine matches an address that people type in one line: street, postal code and place.
var inOneLine = regexp.MustCompile(`^(.+?)[,;\s]+([0-9]{5})\s+(\pL[^0-9,;]*)$`)

// splitAddress takes the postal code and the place out of an address that was typed in one line and leaves the
// street. What has another form stays as it is.
func (m *Merchant) splitAddress() {
	if m.PostalCode != "" || m.Locality != "" {
		return
	}
	if parts := inOneLine.FindStringSubmatch(m.Street()); parts != nil {
		m.Address, m.PostalCode, m.Locality = parts[1], parts[2], strings.TrimSpace(parts[3])
	}
}

// Street is the address without postal code and place, in one line.
func (m *Merchant) Street() string {
	return strings.Join(strings.FieldsFunc(m.Address, func(r rune) bool { return r == '\n' || r == '\r' }), ", ")
}

// FullAddress is the address in one line, as it stands on a letter: « 3 place du Marché, 79320 Bourg ». It is empty where
// no street is known; locality is the town's name, for a merchant that gives none.
func (m *Merchant) FullAddress(locality string) string {
	street := m.Street()
	if m.Locality != "" {
		locality = m.Locality
	}
	place := strings.TrimSpace(m.PostalCode + " " + locality)
	switch {
	case street == "":
		return ""
	case place == "" || m.PostalCode == "" && strings.Contains(strings.ToLower(street), strings.ToLower(locality)):
		return street
	}
	return street + ", " + place
}

// placeTerm is where the shop is, as a Place with a PostalAddress; nil where neither address nor coordinates are known.
func placeTerm(a Addresses, t *Town, m *Merchant) map[string]any {
	place := map[string]any{"type": "Place", "id": string(a.Actor(m.ID)) + "#place", "name": m.Name}
	if m.Lat != nil && m.Lon != nil {
		place["latitude"], place["longitude"] = federation.Float(*m.Lat), federation.Float(*m.Lon)
	}
	if street := m.Street(); street != "" {
		address := map[string]any{"type": "PostalAddress", "streetAddress": street, "addressCountry": "France"}
		if m.PostalCode != "" {
			address["postalCode"] = m.PostalCode
		}
		if address["addressLocality"] = m.Locality; m.Locality == "" {
			address["addressLocality"] = t.Name
		}
		place["address"] = address
	}
	if len(place) == 3 {
		return nil
	}
	return place
}

// telLink is a telephone number that dials, as HTML. Mastodon takes the link away and keeps the words, which are the number as
// people read it.
func telLink(phone string) string {
	return `<a href="tel:` + dialled(phone) + `">` + html.EscapeString(pairs(phone)) + `</a>`
}

// dialled is a number in international form. A national one belongs to France, or by its prefix to one of the departments
// overseas, which have country codes of their own (plan of numbering, ARCEP decision 2022-1583).
func dialled(phone string) string {
	digits := onlyDigits(phone)
	switch {
	case strings.HasPrefix(strings.TrimSpace(phone), "+"):
		return "+" + digits
	case len(digits) != 10 || digits[0] != '0':
		return digits
	}
	code := "33"
	switch digits[:4] {
	case "0590", "0690", "0691":
		code = "590"
	case "0594", "0694":
		code = "594"
	case "0596", "0696", "0697":
		code = "596"
	case "0262", "0263", "0692", "0693", "0269", "0639":
		code = "262"
	}
	return "+" + code + digits[1:]
}

// pairs writes a French number by pairs of figures, « 05 49 00 00 00 »; others stay as they were typed.
func pairs(phone string) string {
	digits := onlyDigits(phone)
	if len(digits) != 10 || digits[0] != '0' || strings.HasPrefix(strings.TrimSpace(phone), "+") {
		return phone
	}
	return digits[:2] + " " + digits[2:4] + " " + digits[4:6] + " " + digits[6:8] + " " + digits[8:]
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}
