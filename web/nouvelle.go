package web

import (
	"time"

	"bourg/web/locale"
)

// PageNouvelle is one piece of news with its replies, GET /@handle/<id>. Its form leads to [PageSuivre] (GET /suivre: "objet",
// the path of this page, and "adresse", the visitor's own address).
type PageNouvelle struct {
	Entry      Avis
	Title      string // its title, or the beginning of its text in plain words
	Summary    string // what it is in one sentence, for search engines and cards; empty for Title
	Structured schema // what it is, for machines; nil for nothing
	ObjectID   string // id of the object, for other servers
	FollowName string // handle of the shop without host, for /suivre?qui=
	Reach      string // one of Reaches
	Shares     int
	Likes      int
	ReplyCount int // all public replies, those of later pages included
	Replies    []Reponse
	MoreURL    string // later replies
	Quotes     []Citation
	Others     []AutreNouvelle
	EditURL    string  // set for those who may edit it
	DeleteURL  string  // set for those who may delete it
	Acts       Actes   // set for those who may do so
	FormerURL  string  // what it said before it was edited; empty when it never was
	Remise     *Remise // how far it has come; set for those who may edit it, once it has left
	Errors     Erreurs
}

// AutreNouvelle is a line in a list of the shop's other news.
type AutreNouvelle struct {
	URL, Title string
	Published  time.Time
}

func (p PageNouvelle) head(l *locale.Locale) head {
	h := head{
		template: "nouvelle", title: l.T("nouvelle.page_title", p.Title, p.Entry.Shop.Name), description: p.Title,
		door: pathFil, public: true, activity: p.ObjectID, errors: p.Errors,
		creator: p.Entry.Shop.Handle, published: p.Entry.Published, data: p.Structured,
	}
	if p.Entry.Article != nil || p.Entry.Genre() == "" { // a writing of its day; an offer or an event is none
		h.kind = "article"
	}
	if p.Summary != "" {
		h.description = p.Summary
	}
	if p.Entry.Event != nil {
		h.door = pathAgenda
	}
	if p.Title == "" {
		h.title = l.T("nouvelle.page_photo", p.Entry.Shop.Name)
	}
	if len(p.Entry.Photos) > 0 {
		h.photo = &p.Entry.Photos[0]
	}
	return h
}
