package web

import "bourg/web/locale"

// PageEnvoi shows what other servers get of a page, in their own language, GET /envoi ("de": the path of the page). Without a
// page that has such a thing it shows how the town introduces itself.
type PageEnvoi struct {
	Title    string // of what it is about; empty for the town itself
	BackURL  string // its page
	Document string // JSON, indented
}

func (p PageEnvoi) head(l *locale.Locale) head {
	title := l.T("envoi.title")
	if p.Title != "" {
		title = l.T("envoi.page_title", p.Title)
	}
	return head{template: "envoi", title: title}
}
