package web

import "bourg/web/locale"

// PageMentions is the legal notice, GET /mentions-legales (law 2004-575, article 1-1).
type PageMentions struct {
	Director  string // director of publication, as a rule the mayor
	Address   string // name and address of the town hall, by line
	Host      string // who runs the machine: name, address, telephone, by line
	Version   string // of the program
	SourceURL string // where its source code is, which the licence asks for (AGPL-3.0, section 13)
}

func (p PageMentions) head(l *locale.Locale) head {
	return head{template: "mentions", title: l.T("mentions.title"), description: l.T("mentions.title"), public: true}
}
