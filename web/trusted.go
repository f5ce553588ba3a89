package web

import "html/template"

// trusted lets HTML through into pages. It is for two things only: remote HTML, which [bourg/internal/sanitize] cleaned
// before it was stored, and what [town.Publisher] made of words that somebody typed. Nothing else may call it: everything
// that is neither goes into pages as a string, which the templates escape.
func trusted(html string) template.HTML { return template.HTML(html) }
