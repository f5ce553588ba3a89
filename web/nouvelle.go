package web

import (
	"time"

	"bourg/web/locale"
)

// PageNouvelle is one piece of news with its replies, GET /@handle/<id>. Its form leads to [PageSuivre] (GET /suivre: "objet",
// the path of this page, and "adresse", the visitor's own address).
type PageNouvelle struct {
	Entry      Avis
	Title      string // the beginning of the text in plain words, for titles and search engines
	ObjectID   string // id of the object, for other servers
	FollowName string // handle of the shop without host, for /suivre?qui=
	Reach      string // one of Reaches
	Shares     int
	Likes      int
	ReplyCount int // all public replies, those of later pages included
	Replies    []Reponse
	MoreURL    string // later replies
	Others     []AutreNouvelle
	EditURL    string // set for those who may edit it
	DeleteURL  string // set for those who may delete it
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
		door: pathFil, public: true, activity: p.ObjectID, creator: p.Entry.Shop.Handle, kind: "article", errors: p.Errors,
	}
	if p.Title == "" {
		h.title = l.T("nouvelle.page_photo", p.Entry.Shop.Name)
	}
	if len(p.Entry.Photos) > 0 {
		h.photo = &p.Entry.Photos[0]
	}
	return h
}

// Reaches are the values of "portee" in the composer, from near to far.
func Reaches() []string { return []string{"town", "neighbours", "region", "everywhere"} }
