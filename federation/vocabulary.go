package federation

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"
)

// Public is the collection that addresses everybody (ActivityPub, section 5.6).
// Peers also write it "as:Public" and "Public"; decoding folds these into this one.
const Public IRI = "https://www.w3.org/ns/activitystreams#Public"

// IRI is the id or address of an actor, object, activity, inbox or collection, as
// its owner wrote it. Two IRIs are the same only if their bytes are the same; at
// most 2048 bytes long.
type IRI string

// Host returns the canonical host of the IRI, with its port where it is not the
// scheme's own: lower case, no trailing dot, international names in ASCII form.
// It is "" where the IRI is no http or https URL with a host.
func (i IRI) Host() string {
	u, err := url.Parse(string(i))
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return ""
	}
	return CanonicalHost(u.Scheme, u.Host)
}

// Origin returns what the IRI has in common with all of its server: scheme and canonical host,
// "https://town.example"; "" where it has no host.
func (i IRI) Origin() string {
	scheme, _, _ := strings.Cut(string(i), ":")
	host := i.Host()
	if host == "" {
		return ""
	}
	return strings.ToLower(scheme) + "://" + host
}

// WithoutFragment returns the IRI up to its first "#".
func (i IRI) WithoutFragment() IRI {
	s, _, _ := strings.Cut(string(i), "#")
	return IRI(s)
}

// Actor is an actor's document, our own or a peer's (ActivityPub, section 4).
type Actor struct {
	ID   IRI
	Type string // Person, Organization, Group, Service or Application

	PreferredUsername string
	// WebFinger is the handle "user@domain" that the actor claims (FEP-2c59); "" where it claims none.
	WebFinger string
	Name      string            // plain text
	Summary   string            // HTML; a peer's is not yet sanitised
	Languages map[string]string // Summary by language tag (summaryMap), where there is one

	URL          IRI // page for people
	Inbox        IRI
	SharedInbox  IRI // "" where the server has none
	Outbox       IRI
	Followers    IRI
	Following    IRI
	Featured     IRI
	Icon, Image  *Image
	Fields       []Field // PropertyValue attachments
	AlsoKnownAs  []IRI
	MovedTo      IRI
	Published    time.Time
	Keys         []PublicKey
	Manual       bool // manuallyApprovesFollowers
	Discoverable bool
	Indexable    bool
	Suspended    bool

	// AttributionDomains may credit the actor through fediverse:creator (Mastodon 4.3).
	AttributionDomains []string
	// Categories are what the actor does, in its server's words ("bourg:categories").
	Categories []string `json:",omitempty"`
	// Extra holds further properties to be written as they are, under compact names
	// that the context defines ("bourg:town"). Reading leaves it nil.
	Extra map[string]any
}

// DeliveryInbox is where activities for the actor go when others on its server may
// share them: the shared inbox, else the actor's own.
func (a *Actor) DeliveryInbox() IRI {
	if a.SharedInbox != "" {
		return a.SharedInbox
	}
	return a.Inbox
}

// Field is one row of an actor's profile table (schema.org PropertyValue as Mastodon
// writes it); Value is HTML.
type Field struct{ Name, Value string }

// Image is a picture: an actor's icon or header, or an attachment of an object. As an attachment it
// may also be a "Link", whose URL is then written as href.
type Image struct {
	Type      string // "Image", "Document" or "Link"
	URL       IRI
	MediaType string
	Name      string // alternative text, plain
	// Summary is the alternative text of an attachment whose name says what it is for (Mobilizon's "Banner"); Mastodon
	// reads it before the name.
	Summary string
	Width   int // pixels; 0 where unknown
	Height  int
	// FocalPoint is the middle of what a cut must keep, from -1 to 1 each way (Mastodon); nil where nobody said.
	FocalPoint *[2]float64
}

// Object is a thing that an activity is about: Note, Article, Event, Question, Tombstone…
type Object struct {
	ID           IRI
	Type         string
	AttributedTo IRI
	URL          IRI // page for people
	InReplyTo    IRI
	Context      IRI // conversation (FEP-7888)
	// Quote is the id of the object that this one quotes (FEP-044f, and Misskey's names for the same).
	Quote IRI

	Name       string
	Summary    string // on a Note a content warning, in Mastodon's reading
	Content    string // HTML; a peer's is not yet sanitised
	ContentMap map[string]string
	Language   string // tag of Content; "" where the sender did not say

	Sensitive bool
	Published time.Time
	Updated   time.Time // zero where never edited
	StartTime time.Time
	EndTime   time.Time

	To, Cc      []IRI
	Audience    IRI
	Attachments []Image
	Image       *Image // of an Article (FEP-b2b8); reading leaves it nil
	Tags        []Tag

	Replies *Collection // embedded: id and totalItems
	Likes   *Collection
	Shares  *Collection

	// FormerType and Deleted are a Tombstone's.
	FormerType string
	Deleted    time.Time
	// IsVote tells that a peer's Note is an answer to a poll (name and inReplyTo, no content), which is no reply.
	IsVote bool
	Extra  map[string]any // see Actor.Extra
}

// IsPublic tells whether everybody may see the object: Public stands in to ("public") or in cc ("unlisted").
func (o *Object) IsPublic() bool { return contains(o.To, Public) || contains(o.Cc, Public) }

// Tag is a mention or a key word in an object's text.
type Tag struct {
	Type string // Mention, Hashtag or Emoji
	Name string // "@user@host", "#word" or ":code:"
	Href IRI    // the actor's id, the page of the word, or the picture
}

// Collection is the head of a collection as embedded in an object: its id and its size.
type Collection struct {
	ID         IRI
	TotalItems int
	// First are the items of a first page that is embedded with it; nil: none is embedded. Next is the page
	// behind that one. Mastodon takes from an embedded page the ids on the object's own host, five at most,
	// and goes on at Next. Reading leaves both empty.
	First []IRI
	Next  IRI
}

// Activity is something an actor did. What it is about is given by ObjectID, and in
// full, where the sender embedded it, by one of Object, Inner and Profile.
type Activity struct {
	ID        IRI
	Type      string
	Actor     IRI
	ObjectID  IRI
	Object    *Object   // an embedded object (Create, Update, Delete of a Tombstone, Like…)
	Inner     *Activity // an embedded activity (Undo, Accept, Reject, Announce of a Group)
	Profile   *Actor    // an embedded actor (Update)
	ObjectIDs []IRI     // all ids, where object is a list (Flag)
	Target    IRI
	Content   string // Flag's comment, EmojiReact's and Like's emoji
	// Instrument is the id of the quoting object of a QuoteRequest (FEP-044f), and Quoting that object
	// where the sender embedded it.
	Instrument IRI
	Quoting    *Object
	// Regards are, of an Inner of somebody else's, the ids that its embedded object names as what it answers, quotes
	// and mentions: a claim, which tells at most whether it is worth asking its origin. Reading a document leaves it nil.
	Regards []IRI
	// Result is what an Accept of a QuoteRequest grants: the id of the authorisation.
	Result    IRI
	To, Cc    []IRI
	Published time.Time
	Updated   time.Time
	// Embedded is an activity that is announced whole, as it was written (FEP-1b12). Writing takes it in the place of
	// Object, Inner and Profile, without its context; reading leaves it nil.
	Embedded json.RawMessage
	Extra    map[string]any // see Actor.Extra
}

func contains(list []IRI, one IRI) bool {
	for _, i := range list {
		if i == one {
			return true
		}
	}
	return false
}
