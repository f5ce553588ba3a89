package web

import (
	"time"

	"bourg/web/locale"
)

// PageAccessibilite is the declaration that French law asks of public sites, GET /accessibilite. Its state is the Site's.
type PageAccessibilite struct {
	AuditedOn   time.Time // zero: never
	AuditedBy   string    // may be empty
	KnownFaults []string
	Contact     string // e-mail address; empty for the town hall's
}

func (p PageAccessibilite) head(l *locale.Locale) head {
	return head{template: "accessibilite", title: l.T("access.title"), description: l.T("access.title"), public: true}
}

// String is the name of the state in the catalogue of words.
func (c Conformity) String() string {
	switch c {
	case PartlyConforming:
		return "part"
	case FullyConforming:
		return "full"
	}
	return "none"
}
