package web

// wordsOfForms are the keys that services answer with where a form is wrong, and those that handlers put together.
func wordsOfForms() map[string][]string {
	return map[string][]string{
		"name.": {"wrong"}, "handle.": {"wrong", "taken"}, "insee.": {"wrong"}, "place.": {"wrong", "long"}, "phone.": {"wrong"},
		"trade.": {"unknown"}, "paint.": append([]string{"unknown"}, Paints()...), "accent.": {"wrong"}, "reach.": append([]string{"unknown"}, Reaches()...),
		"address.": {"long"}, "hours.": {"long"}, "opening.": {"wrong"}, "special.": {"wrong", "many", "overlap"}, "postal_code.": {"long"}, "locality.": {"long"}, "day.": dayIDs(), "summary.": {"long"}, "text.": {"empty", "long", "empty_article", "long_article"}, "domain.": {"wrong"},
		"unit.": {"long"}, "conditions.": {"long"}, "lead.": {"long"}, "allergens.": {"long"},
		"photo.":    {"many", "heic", "not_a_photo", "too_large", "too_many_pixels", "damaged", "disk_full"},
		"password.": {"short", "long"},
		"messages.": {"public", "private"},
		"note.":     {"empty", "long"},
		"device.":   {"iphone", "android", "tablet", "windows", "mac", "linux"},
		"browser.":  {"chrome", "firefox", "safari", "edge", "samsung"},
		"host.":     {"paused", "retrying", "parked"},
	}
}
