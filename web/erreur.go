package web

import (
	"net/http"

	"bourg/web/locale"
)

// PageErreur says in a sentence what happened and what to do. The cause is for the log.
type PageErreur struct {
	Title, Text string
	Retry       bool   // trying again may help
	Search      bool   // what was looked for may lie elsewhere
	Reference   string // number under which the log holds the cause; may be empty
}

// NewErreur makes the page of an HTTP status.
func NewErreur(l *locale.Locale, status int, reference string) PageErreur {
	name := "500"
	switch status {
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusUnsupportedMediaType:
		name = "400"
	case http.StatusUnauthorized:
		name = "401"
	case http.StatusForbidden:
		name = "403"
	case http.StatusNotFound:
		name = "404"
	case http.StatusGone:
		name = "410"
	case http.StatusRequestEntityTooLarge:
		name = "413"
	case http.StatusTooManyRequests:
		name = "429"
	case http.StatusServiceUnavailable:
		name = "503"
	}
	return PageErreur{
		Title: l.T("erreur." + name), Text: l.T("erreur." + name + "_text"),
		Retry:  status >= 500 || status == http.StatusTooManyRequests,
		Search: name == "404" || name == "410", Reference: reference,
	}
}

func (p PageErreur) head(l *locale.Locale) head {
	return head{template: "erreur", title: p.Title, private: true}
}
