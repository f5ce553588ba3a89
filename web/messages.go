package web

import (
	"html/template"
	"time"

	"bourg/web/locale"
)

// PageMessages is the merchant's messages: the list, GET /espace/messages, and beside it one conversation,
// GET /espace/messages/<id>.
type PageMessages struct {
	Pending      []Message
	Seen         []Message
	OlderURL     string
	HasNews      bool          // the shop has published; told where the list is empty
	Conversation *Conversation // nil on the list
	Errors       Erreurs       // of the reply
}

// Message is a line of the list.
type Message struct {
	URL     string
	From    string // who, or « 3 personnes »
	Kind    string // one of MessageKinds
	Excerpt string // plain words
	At      time.Time
	Current bool // it is the one that is open
}

// MessageKinds are the kinds of messages: a public reply, a reply that waits for approval, a mention, favourites, shares,
// quotes, new followers, words from the town hall, words for the shop alone.
func MessageKinds() []string {
	return []string{"reponse", "attente", "mention", "favori", "partage", "citation", "abonne", "mairie", "prive"}
}

// Conversation is one exchange under a piece of news. What the merchant may do is said by the addresses that are set:
//
//   - ReplyURL: POST "cle", "reponse", "geste" = "repondre"
//   - ApproveURL: POST "geste" = "accepter" or "masquer", for a reply that waits
//   - HideURL: POST "geste" = "masquer"; ShowURL: POST "geste" = "montrer"
//   - Person.URL: POST "geste" = "remercier", "reprendre", "retirer", "bloquer", "debloquer", or "signaler" with "motif"
type Conversation struct {
	Title      string // who
	Handle     string
	ProfileURL string
	Kind       string
	Private    bool  // nobody else reads it, nor the answer
	About      *Lien // the news that it is about
	Words      []Mot
	Key        string
	Reply      string // what was written so far
	Ready      []Lien // ready-made replies, which open this page with the words filled in
	ReplyURL   string
	ApproveURL string
	HideURL    string
	ShowURL    string
	Person     *Personne // what may be done about the one who wrote it; nil for nothing
	Done       string
}

// Mot is one turn of a conversation.
type Mot struct {
	From string
	Own  bool // the shop's own
	At   time.Time
	Text template.HTML // sanitised
	Lang string
	// FormerURL leads to what it said before it was edited; "" where it was not.
	FormerURL string
}

// readyReplies are the ready-made replies, by their name in addresses.
var readyReplies = [...]string{"oui", "pret", "appel"}

// ReadyReply gives the words of a ready-made reply, and nothing for an unknown one.
func ReadyReply(l *locale.Locale, name string) string {
	for _, s := range readyReplies {
		if s == name {
			return l.T("ready." + name)
		}
	}
	return ""
}

// ReadyReplies lists them for a conversation that lies at path; "r" names the chosen one.
func ReadyReplies(l *locale.Locale, path string) []Lien {
	links := make([]Lien, 0, len(readyReplies))
	for _, s := range readyReplies {
		links = append(links, Lien{URL: path + "?r=" + s, Text: l.T("ready." + s)})
	}
	return links
}

func (p PageMessages) head(l *locale.Locale) head {
	h := head{
		template: "messages", title: l.T("messages.title"), doors: merchantDoors, door: pathMessages,
		errors: p.Errors, private: true,
	}
	if n := len(p.Pending); n > 0 {
		h.title = l.N("messages.page_title", n)
	}
	if p.Conversation != nil {
		h.title = l.T("messages.conversation_title", p.Conversation.Title)
	}
	return h
}
