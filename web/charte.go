package web

import "bourg/web/locale"

// PageCharte is the town's charter, GET /charte: what may be published, and who decides. /charte.txt has its words alone.
type PageCharte struct {
	Parts []PartieCharte
}

// PartieCharte is one part of a charter.
type PartieCharte struct {
	Title string // empty for none
	Lines []string
}

func (p PageCharte) head(l *locale.Locale) head {
	return head{template: "charte", title: l.T("charte.title"), description: l.T("charte.help"), public: true}
}
