package web

import (
	"html/template"
	"time"

	"bourg/web/locale"
)

// Suivie is a page that people follow in the place of single shops, as lists show it: the whole town, the town with its
// neighbours, a market, a collective, a trade.
type Suivie struct {
	Kind       string // one of GroupKinds
	Name       string
	URL        string // path of its page, "/@marche"
	Handle     string // "@marche@saint-laurent.example"
	FollowName string // handle without host, for /suivre?qui=
	Mark       string // symbol on the sign, a name in icones.svg
	Paint      string // one of Paints
	Note       string // when and where a market is: « le samedi de 8 h à 12 h 30, place de la Fontaine »; empty for what its kind says
}

// PageGroupe is the page of one of them, GET /@handle ("avant": older news).
type PageGroupe struct {
	Group   Suivie
	ActorID string        // id of the actor, for other servers
	Words   template.HTML // what the town hall says of it, sanitised
	Where   string        // of a market; empty where it is not said
	When    string        // the same, in words
	Quota   Quota
	Off     bool       // switched off: it relays nothing, and nobody can begin to follow it
	Members []Commerce // the shops whose news it relays; none for the town
	Shops   int        // how many shops the town has; 0 for what has Members
	Towns   []Lien     // the neighbours whose news it relays; none but for the surroundings
	Others  []Suivie   // what else can be followed, where this one is switched off
	Recaps  []Lien     // the latest evening summaries
	Days    []Jour     // what it relays, newest first
	AtomURL string     // empty for none
	ICSURL  string     // of its events; empty for none
	Older   string     // address of the next page of news; empty on the last
	Newest  string     // back to the first; empty on it
}

// GroupKinds are the kinds of pages to follow.
func GroupKinds() []string { return []string{"town", "around", "market", "collective", "trade"} }

// Quota is how much a page relays in a day, and how much it has relayed today.
type Quota struct {
	Most, OfOne int // in a day, and of one shop among them
	Today       int
	Waiting     int    // what is over today, and stands in the evening's summary
	Evening     string // when that comes: « 19 h »
}

func (p PageGroupe) head(l *locale.Locale) head {
	return head{
		template: "groupe", title: p.Group.Name, description: p.Gets(l), door: pathCommerces, public: !p.Off,
		activity: p.ActorID, creator: p.Group.Handle, kind: "profile", atom: p.AtomURL,
	}
}

// membersFirst is how many members are shown before the news; the others open on demand.
const membersFirst = 6

// FirstMembers are the members that are shown at once: all of them, where only one would be left.
func (p PageGroupe) FirstMembers() []Commerce {
	if len(p.Members) <= membersFirst+1 {
		return p.Members
	}
	return p.Members[:membersFirst]
}

// OtherMembers are the rest.
func (p PageGroupe) OtherMembers() []Commerce { return p.Members[len(p.FirstMembers()):] }

// Gets says in one sentence what somebody gets who follows the page.
func (p PageGroupe) Gets(l *locale.Locale) string {
	return l.T("groupe.gets."+p.Group.Kind, p.Group.Name)
}

// PageRecap is an evening summary, GET /@handle/<id>: what was over the day's quota, as a list.
type PageRecap struct {
	Group     Suivie
	ObjectID  string // for other servers
	Day       time.Time
	Published time.Time
	Lines     []LigneRecap
	Further   int // how many more there was no room for
}

// LigneRecap is one piece of news in an evening summary.
type LigneRecap struct {
	Shop, URL, Text string // Text is its title, or its beginning in plain words
	Town            string // of a shop of another town
}

func (p PageRecap) head(l *locale.Locale) head {
	return head{
		template: "recap", title: l.T("recap.page_title", l.Date(p.Day, time.Time{}), p.Group.Name), description: l.T("recap.description", p.Group.Name),
		door: pathFil, public: true, activity: p.ObjectID, creator: p.Group.Handle, kind: "article", published: p.Published,
	}
}
