package web

import "bourg/web/locale"

// TradeName writes a trade in words: « Boulangerie ». A trade that has no words comes back as its slug.
func TradeName(l *locale.Locale, slug string) string { return nameOf(l, "trade.", slug) }

// GroupName writes a heading of the directory in words: « Pain, légumes, fromage ».
func GroupName(l *locale.Locale, slug string) string { return nameOf(l, "group.", slug) }

func nameOf(l *locale.Locale, family, slug string) string {
	if key := family + slug; l.Has(key) {
		return l.T(key)
	}
	return slug
}
