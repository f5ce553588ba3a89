package web

import "html/template"

// trusted lets HTML through into pages. It is for three things only: remote HTML, which [bourg/internal/sanitize] cleaned
// before it was stored; what [town.Publisher] made of words that somebody typed; and the marks and links that functions.go
// writes with everything in them escaped. Nothing else may call it: everything that is neither goes into pages as a string,
// which the templates escape.
func trusted(html string) template.HTML {
	return template.HTML(html) //nolint:gosec // the one place, see above
}
