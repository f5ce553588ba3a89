package federation

import (
	"net/http"
	"strings"
	"time"
)

const (
	maxActivities = 2  // activities within each other: Announce{Create{Note}}
	maxObjectIDs  = 20 // of a Flag; further ones are dropped
	maxFields     = 50 // rows of a profile's table; further ones are dropped
	maxAliases    = 256
	maxCategories = 10
	maxFieldValue = 2047 // runes of a profile field's HTML, as in Mastodon
	maxWord       = 100  // runes of a type, a media type or an emoji
)

// DecodeActivity reads an activity. One of an unknown type is read as well, so that
// the caller can ignore it in the right manner. It answers a *Refusal with the codes
// type (none, several that are known, or that of an actor or object), actor (none, or
// several), object (missing, or no IRI), id, attribution (403, see DecodeObject),
// nesting (activities within activities within activities) and too_many.
//
// An activity without an id is read: WordPress sends such Updates. Who may say what
// it says is not looked at here (see authority.go). Dates are as the peer wrote them
// (see Activity.ClampDates).
func DecodeActivity(doc *Document) (*Activity, error) {
	d := decoder{language: doc.language}
	a, err := d.activity(doc.root, 1)
	if err != nil {
		return nil, err
	}
	if k := kindOf(a.Type); k != kindActivity && k != kindUnknown {
		return nil, refuse("type")
	}
	if a.Actor == "" {
		return nil, refuse("actor")
	}
	return a, nil
}

// DecodeObject reads an object that is neither activity nor actor. Its id is needed.
// It answers a *Refusal with the codes type, id, too_many, and, with status 403,
// attribution where several actors are named as the author: none of them can then be
// held to be it.
func DecodeObject(doc *Document) (*Object, error) {
	d := decoder{language: doc.language}
	o, err := d.object(doc.root)
	if err != nil {
		return nil, err
	}
	if k := kindOf(o.Type); k != kindObject && k != kindUnknown {
		return nil, refuse("type")
	}
	if o.ID == "" {
		return nil, refuse("id")
	}
	return o, nil
}

// DecodeActor reads an actor. Its id is needed; an inbox is not, because GoToSocial
// serves such a short form at the id of a key: whoever needs the inbox looks for it.
// It answers a *Refusal with the codes type and id.
func DecodeActor(doc *Document) (*Actor, error) {
	d := decoder{language: doc.language}
	a, err := d.actor(doc.root)
	if err != nil {
		return nil, err
	}
	if kindOf(a.Type) != kindActor {
		return nil, refuse("type")
	}
	if a.ID == "" {
		return nil, refuse("id")
	}
	return a, nil
}

// ClampDates replaces what peers write as dates where it would disturb the order of
// things: a published or updated that is missing or later than received becomes
// received. Those of embedded objects and activities as well.
func (a *Activity) ClampDates(received time.Time) {
	for _, t := range []*time.Time{&a.Published, &a.Updated} {
		if t.After(received) {
			*t = received
		}
	}
	if a.Published.IsZero() {
		a.Published = received
	}
	if a.Object != nil {
		a.Object.ClampDates(received)
	}
	if a.Inner != nil {
		a.Inner.ClampDates(received)
	}
}

// ClampDates does for an object that was fetched what Activity.ClampDates does.
func (o *Object) ClampDates(received time.Time) {
	for _, t := range []*time.Time{&o.Published, &o.Updated, &o.Deleted} {
		if t.After(received) {
			*t = received
		}
	}
	if o.Published.IsZero() {
		o.Published = received
	}
}

// decoder turns parsed JSON into the vocabulary; language is what a text without a
// language of its own is written in.
type decoder struct {
	language string
}

func (d decoder) activity(o object, level int) (*Activity, error) {
	if level > maxActivities {
		return nil, refuse("nesting")
	}
	id, err := o.id()
	if err != nil {
		return nil, err
	}
	name, err := o.typeOf()
	if err != nil {
		return nil, err
	}
	if name == "" {
		return nil, refuse("type")
	}
	actors := o.iris("actor")
	if len(actors) > 1 {
		return nil, refuse("actor")
	}
	a := &Activity{
		ID: id, Type: name, Target: o.iri("target"), To: o.iris("to"), Cc: o.iris("cc"),
		Content:   o.text("content", MaxContent),
		Published: o.time("published"), Updated: o.time("updated"),
		Instrument: o.iri("instrument"), Result: o.iri("result"),
	}
	if len(actors) == 1 {
		a.Actor = actors[0]
	}
	if name == "Flag" && a.Content == "" {
		a.Content = o.text("summary", MaxContent) // Lemmy's reason
	}
	if quoting := o.child("instrument"); name == "QuoteRequest" && quoting.str("type") != "" {
		if a.Quoting, err = d.object(quoting); err != nil {
			return nil, err
		}
	}
	if err := d.about(a, o, level); err != nil {
		return nil, err
	}
	return a, nil
}

// about reads what the activity is about. Of a list it is the first; all of it is in ObjectIDs.
func (d decoder) about(a *Activity, o object, level int) error {
	list := o.list("object")
	if len(list) > 1 {
		a.ObjectIDs = o.iris("object")
		a.ObjectIDs = a.ObjectIDs[:min(len(a.ObjectIDs), maxObjectIDs)]
	}
	if len(list) == 0 {
		if kindOf(a.Type) == kindActivity && a.Type != "Arrive" && a.Type != "Travel" {
			return refuse("object")
		}
		return nil
	}
	embedded, ok := list[0].(object)
	if !ok {
		if a.ObjectID = iriOf(list[0]); a.ObjectID == "" {
			return refuse("object")
		}
		return nil
	}
	id, err := embedded.id()
	if err != nil {
		return err
	}
	a.ObjectID = id
	name, err := embedded.typeOf()
	if err != nil {
		return err
	}
	switch {
	case name == "":
		if id == "" {
			return refuse("object")
		}
	case kindOf(name) == kindActivity:
		a.Inner, err = d.activity(embedded, level+1)
	case kindOf(name) == kindActor:
		a.Profile, err = d.actor(embedded)
	default:
		a.Object, err = d.object(embedded)
	}
	return err
}

func (d decoder) object(o object) (*Object, error) {
	id, err := o.id()
	if err != nil {
		return nil, err
	}
	name, err := o.typeOf()
	if err != nil {
		return nil, err
	}
	author, err := attribution(o)
	if err != nil {
		return nil, err
	}
	attachments, tags := o.list("attachment"), o.list("tag")
	if len(attachments) > MaxAttachments || len(tags) > MaxTags {
		return nil, refuse("too_many")
	}
	out := &Object{
		ID: id, Type: name, AttributedTo: author, URL: o.page("url"),
		InReplyTo: o.iri("inReplyTo"), Context: o.iri("context"), Audience: o.iri("audience"), Quote: quoteOf(o, tags),
		Name: o.text("name", MaxName), Summary: o.text("summary", MaxSummary),
		Content: o.text("content", MaxContent), ContentMap: o.texts("contentMap", MaxContent),
		Sensitive: o.yes("sensitive"),
		Published: o.time("published"), Updated: o.time("updated"),
		StartTime: o.time("startTime"), EndTime: o.time("endTime"),
		To: o.iris("to"), Cc: o.iris("cc"),
		Replies: collection(o, "replies"), Likes: collection(o, "likes"), Shares: collection(o, "shares"),
		FormerType: cut(o.str("formerType"), maxWord), Deleted: o.time("deleted"),
	}
	out.Language = d.languageOf(o, out)
	for _, v := range attachments {
		if picture := imageOf(v); picture != nil && picture.Type != "Link" {
			out.Attachments = append(out.Attachments, *picture)
		}
	}
	for _, v := range tags {
		if tag, ok := tagOf(v); ok {
			out.Tags = append(out.Tags, tag)
		}
	}
	out.IsVote = name == "Note" && out.Name != "" && out.InReplyTo != "" && out.Content == "" && len(out.Attachments) == 0
	return out, nil
}

// quoteOf returns what an object quotes, by whichever of the names in use: FEP-044f, Misskey, Fedibird,
// or a link that says that it leads to an object (FEP-e232).
func quoteOf(o object, tags []any) IRI {
	for _, name := range []string{"quote", "quoteUrl", "_misskey_quote", "quoteUri"} {
		if quote := o.iri(name); quote != "" {
			return quote
		}
	}
	for _, v := range tags {
		link, ok := v.(object)
		if ok && link.str("type") == "Link" && strings.Contains(link.str("rel"), "_misskey_quote") {
			return link.iri("href")
		}
	}
	return ""
}

// attribution returns the id of the one author, "" where none is named. A group that
// stands beside the author (a PeerTube channel) is passed over.
func attribution(o object) (IRI, error) {
	list := o.list("attributedTo")
	var author IRI
	for _, v := range list {
		if group, ok := v.(object); ok && len(list) > 1 && group.str("type") == "Group" {
			continue
		}
		switch one := iriOf(v); {
		case one == "" || one == author:
		case author != "":
			return "", &Refusal{Status: http.StatusForbidden, Code: "attribution"}
		default:
			author = one
		}
	}
	return author, nil
}

// languageOf tells what the content is written in: the entry of contentMap that the
// content repeats, else the first of contentMap, nameMap or summaryMap (as Mastodon
// does), else the document's @language.
func (d decoder) languageOf(o object, out *Object) string {
	content := o.str("content")
	for _, name := range []string{"contentMap", "nameMap", "summaryMap"} {
		texts := o.child(name)
		for _, m := range texts {
			if name == "contentMap" && content != "" && m.value == content && languageTag(m.name) != "" {
				return languageTag(m.name)
			}
		}
		for _, m := range texts {
			if tag := languageTag(m.name); tag != "" {
				return tag
			}
		}
	}
	if out.Content == "" {
		return ""
	}
	return d.language
}

// imageOf reads a picture or another medium: an object with a url (or a Link with a
// href), or its address alone; nil for anything else.
func imageOf(v any) *Image {
	o, ok := v.(object)
	if !ok {
		if address := iriOf(v); address != "" {
			return &Image{Type: "Image", URL: address}
		}
		return nil
	}
	image := &Image{
		Type: o.str("type"), URL: o.page("url"), MediaType: cut(o.str("mediaType"), maxWord),
		Width: o.count("width"), Height: o.count("height"),
	}
	switch image.Type {
	case "Document", "Image", "Video", "Audio", "Link":
	default:
		return nil
	}
	if image.URL == "" {
		image.URL = o.iri("href")
	}
	if image.URL == "" {
		return nil
	}
	// WordPress writes the ampersands of an avatar's address as in HTML.
	image.URL = IRI(strings.ReplaceAll(string(image.URL), "&#038;", "&"))
	// GoToSocial describes a picture in summary, the others in name.
	if image.Name = o.text("summary", MaxDescription); image.Name == "" {
		image.Name = o.text("name", MaxDescription)
	}
	return image
}

// tagOf reads a mention, a key word or an emoji.
func tagOf(v any) (Tag, bool) {
	o, ok := v.(object)
	if !ok {
		return Tag{}, false
	}
	tag := Tag{Type: o.str("type"), Name: o.text("name", MaxName)}
	switch tag.Type {
	case "Mention", "Hashtag":
		tag.Href = o.iri("href")
	case "Emoji":
		tag.Href = o.child("icon").page("url")
	default:
		return Tag{}, false
	}
	return tag, tag.Name != "" || tag.Href != ""
}

func (d decoder) actor(o object) (*Actor, error) {
	id, err := o.id()
	if err != nil {
		return nil, err
	}
	name, err := o.typeOf()
	if err != nil {
		return nil, err
	}
	a := &Actor{
		ID: id, Type: name, PreferredUsername: o.text("preferredUsername", MaxName), WebFinger: cut(o.str("webfinger"), 2*MaxName),
		Name: o.text("name", MaxName), Summary: o.text("summary", MaxBiography), Languages: o.texts("summaryMap", MaxBiography),
		URL: o.page("url"), Inbox: o.iri("inbox"), SharedInbox: o.child("endpoints").iri("sharedInbox"), Outbox: o.iri("outbox"),
		Followers: o.iri("followers"), Following: o.iri("following"), Featured: o.iri("featured"),
		AlsoKnownAs: o.iris("alsoKnownAs"), MovedTo: o.iri("movedTo"), Published: o.time("published"), Keys: keysOf(o),
		Manual: o.yes("manuallyApprovesFollowers"), Discoverable: o.yes("discoverable"),
		Indexable: o.yes("indexable"), Suspended: o.yes("suspended"),
	}
	if a.SharedInbox == "" {
		a.SharedInbox = o.iri("sharedInbox")
	}
	a.AlsoKnownAs = a.AlsoKnownAs[:min(len(a.AlsoKnownAs), maxAliases)]
	if list := o.list("icon"); len(list) > 0 {
		a.Icon = imageOf(list[0])
	}
	if list := o.list("image"); len(list) > 0 {
		a.Image = imageOf(list[0])
	}
	for _, v := range o.list("attachment") {
		field, ok := v.(object)
		if ok && field.str("type") == "PropertyValue" && len(a.Fields) < maxFields {
			a.Fields = append(a.Fields, Field{field.text("name", MaxName), field.text("value", maxFieldValue)})
		}
	}
	for _, v := range o.list("attributionDomains") {
		if domain, ok := v.(string); ok && domain != "" && len(a.AttributionDomains) < maxAliases {
			a.AttributionDomains = append(a.AttributionDomains, cut(domain, MaxName))
		}
	}
	for _, v := range o.list("bourg:categories") {
		if category, ok := v.(string); ok && category != "" && len(a.Categories) < maxCategories {
			a.Categories = append(a.Categories, cut(category, MaxName))
		}
	}
	return a, nil
}
