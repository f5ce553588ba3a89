package federation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/go-fed/activity/streams"
	"github.com/go-fed/activity/streams/vocab"
)

// EncodeActivity writes an activity with its context. Of what it is about, the first
// of Object, Inner and Profile that is given is embedded, else ObjectIDs or ObjectID are
// named. The same activity always gives the same bytes. An activity without id or
// actor, or of a type that streams does not know, is an error.
func EncodeActivity(a *Activity) ([]byte, error) {
	thing, err := activityThing(a)
	if err != nil {
		return nil, fmt.Errorf("encode activity %s: %w", a.ID, err)
	}
	if a.Embedded == nil {
		return encode(thing)
	}
	var whole map[string]any
	decoder := json.NewDecoder(bytes.NewReader(a.Embedded))
	decoder.UseNumber() // 46.0 stays 46.0: Mobilizon takes coordinates with a point only
	if err := decoder.Decode(&whole); err != nil {
		return nil, fmt.Errorf("encode activity %s: read the activity within: %w", a.ID, err)
	}
	return encode(thing, property{"object", whole})
}

// property is one that is set after streams has written the rest.
type property struct {
	name  string
	value map[string]any
}

// EncodeObject writes an object with its context. A public object carries an
// interactionPolicy that lets everybody reply, quote, announce and like. One without id
// or of a type that streams does not know is an error.
func EncodeObject(o *Object) ([]byte, error) {
	if o.Type == QuoteAuthorization {
		return encodeAuthorization(o)
	}
	thing, err := objectThing(o)
	if err != nil {
		return nil, fmt.Errorf("encode object %s: %w", o.ID, err)
	}
	return encode(thing)
}

// EncodeActor writes an actor's document with its context. The first RSA key becomes
// publicKey, which every peer reads; the others become Multikeys (FEP-521a). One
// without id or inbox, or of another type than the five of actors, is an error.
func EncodeActor(a *Actor) ([]byte, error) {
	thing, err := actorThing(a)
	if err != nil {
		return nil, fmt.Errorf("encode actor %s: %w", a.ID, err)
	}
	return encode(thing)
}

// encode serialises, finishes what comes of it, and writes it with its names in alphabetical order.
func encode(thing vocab.Type, further ...property) ([]byte, error) {
	document, err := streams.Serialize(thing)
	if err != nil {
		return nil, fmt.Errorf("serialise: %w", err)
	}
	for _, p := range further {
		document[p.name] = p.value
	}
	finish(document)
	return write(document)
}

// write gives a document its context and writes it.
func write(document map[string]any) ([]byte, error) {
	document["@context"] = contextOf(document)
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return nil, fmt.Errorf("write JSON: %w", err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// thing is what all types of the vocabulary have in common in streams.
type thing interface {
	vocab.Type
	GetUnknownProperties() map[string]any
	SetActivityStreamsAttributedTo(vocab.ActivityStreamsAttributedToProperty)
	SetActivityStreamsAudience(vocab.ActivityStreamsAudienceProperty)
	SetActivityStreamsCc(vocab.ActivityStreamsCcProperty)
	SetActivityStreamsContent(vocab.ActivityStreamsContentProperty)
	SetActivityStreamsContext(vocab.ActivityStreamsContextProperty)
	SetActivityStreamsEndTime(vocab.ActivityStreamsEndTimeProperty)
	SetActivityStreamsIcon(vocab.ActivityStreamsIconProperty)
	SetActivityStreamsImage(vocab.ActivityStreamsImageProperty)
	SetActivityStreamsInReplyTo(vocab.ActivityStreamsInReplyToProperty)
	SetActivityStreamsLikes(vocab.ActivityStreamsLikesProperty)
	SetActivityStreamsName(vocab.ActivityStreamsNameProperty)
	SetActivityStreamsPublished(vocab.ActivityStreamsPublishedProperty)
	SetActivityStreamsReplies(vocab.ActivityStreamsRepliesProperty)
	SetActivityStreamsShares(vocab.ActivityStreamsSharesProperty)
	SetActivityStreamsStartTime(vocab.ActivityStreamsStartTimeProperty)
	SetActivityStreamsSummary(vocab.ActivityStreamsSummaryProperty)
	SetActivityStreamsTo(vocab.ActivityStreamsToProperty)
	SetActivityStreamsUpdated(vocab.ActivityStreamsUpdatedProperty)
	SetActivityStreamsUrl(vocab.ActivityStreamsUrlProperty)
}

type activityType interface {
	thing
	SetActivityStreamsActor(vocab.ActivityStreamsActorProperty)
	SetActivityStreamsObject(vocab.ActivityStreamsObjectProperty)
	SetActivityStreamsTarget(vocab.ActivityStreamsTargetProperty)
}

type actorType interface {
	thing
	SetActivityStreamsFollowers(vocab.ActivityStreamsFollowersProperty)
	SetActivityStreamsFollowing(vocab.ActivityStreamsFollowingProperty)
	SetActivityStreamsInbox(vocab.ActivityStreamsInboxProperty)
	SetActivityStreamsOutbox(vocab.ActivityStreamsOutboxProperty)
	SetActivityStreamsPreferredUsername(vocab.ActivityStreamsPreferredUsernameProperty)
	SetTootDiscoverable(vocab.TootDiscoverableProperty)
	SetTootFeatured(vocab.TootFeaturedProperty)
}

func newActivity(name string) activityType {
	switch name {
	case "Accept":
		return streams.NewActivityStreamsAccept()
	case "Add":
		return streams.NewActivityStreamsAdd()
	case "Announce":
		return streams.NewActivityStreamsAnnounce()
	case "Block":
		return streams.NewActivityStreamsBlock()
	case "Create":
		return streams.NewActivityStreamsCreate()
	case "Delete":
		return streams.NewActivityStreamsDelete()
	case "Flag":
		return streams.NewActivityStreamsFlag()
	case "Follow":
		return streams.NewActivityStreamsFollow()
	case "Ignore":
		return streams.NewActivityStreamsIgnore()
	case "Join":
		return streams.NewActivityStreamsJoin()
	case "Leave":
		return streams.NewActivityStreamsLeave()
	case "Like":
		return streams.NewActivityStreamsLike()
	case "Move":
		return streams.NewActivityStreamsMove()
	case "Reject":
		return streams.NewActivityStreamsReject()
	case "Remove":
		return streams.NewActivityStreamsRemove()
	case "Undo":
		return streams.NewActivityStreamsUndo()
	case "Update":
		return streams.NewActivityStreamsUpdate()
	}
	return nil
}

func newActor(name string) actorType {
	switch name {
	case "Application":
		return streams.NewActivityStreamsApplication()
	case "Group":
		return streams.NewActivityStreamsGroup()
	case "Organization":
		return streams.NewActivityStreamsOrganization()
	case "Person":
		return streams.NewActivityStreamsPerson()
	case "Service":
		return streams.NewActivityStreamsService()
	}
	return nil
}

func newObject(name string) thing {
	switch name {
	case "Article":
		return streams.NewActivityStreamsArticle()
	case "Audio":
		return streams.NewActivityStreamsAudio()
	case "Event":
		return streams.NewActivityStreamsEvent()
	case "Image":
		return streams.NewActivityStreamsImage()
	case "Note":
		return streams.NewActivityStreamsNote()
	case "Page":
		return streams.NewActivityStreamsPage()
	case "Place":
		return streams.NewActivityStreamsPlace()
	case "Question":
		return streams.NewActivityStreamsQuestion()
	case "Tombstone":
		return streams.NewActivityStreamsTombstone()
	case "Video":
		return streams.NewActivityStreamsVideo()
	}
	return nil
}

func activityThing(a *Activity) (activityType, error) {
	t := newActivity(a.Type)
	if t == nil {
		return nil, fmt.Errorf("unknown activity type %q", a.Type)
	}
	if a.ID == "" || a.Actor == "" {
		return nil, errors.New("activity without id or actor")
	}
	setID(t, a.ID)
	actor := streams.NewActivityStreamsActorProperty()
	actor.AppendIRI(address(a.Actor))
	t.SetActivityStreamsActor(actor)
	if err := setAbout(t, a); err != nil {
		return nil, err
	}
	if a.Target != "" {
		target := streams.NewActivityStreamsTargetProperty()
		target.AppendIRI(address(a.Target))
		t.SetActivityStreamsTarget(target)
	}
	if a.Result != "" {
		t.GetUnknownProperties()["result"] = string(a.Result)
	}
	setTexts(t, "", "", a.Content)
	setRecipients(t, a.To, a.Cc)
	setTimes(t, a.Published, a.Updated)
	maps.Copy(t.GetUnknownProperties(), a.Extra)
	return t, nil
}

// setAbout sets what the activity is about.
func setAbout(t activityType, a *Activity) error {
	if a.Inner != nil && a.Inner.Type == "QuoteRequest" {
		t.GetUnknownProperties()["object"] = quoteRequestTerm(a.Inner)
		return nil
	}
	about := streams.NewActivityStreamsObjectProperty()
	var embedded vocab.Type
	var err error
	switch {
	case a.Object != nil:
		embedded, err = objectThing(a.Object)
	case a.Inner != nil:
		embedded, err = activityThing(a.Inner)
	case a.Profile != nil:
		embedded, err = actorThing(a.Profile)
	case len(a.ObjectIDs) > 0:
		for _, id := range a.ObjectIDs {
			about.AppendIRI(address(id))
		}
	case a.ObjectID != "":
		about.AppendIRI(address(a.ObjectID))
	default:
		return errors.New("activity without object")
	}
	if err != nil {
		return err
	}
	if embedded != nil {
		if err := about.AppendType(embedded); err != nil {
			return fmt.Errorf("embed %s: %w", embedded.GetTypeName(), err)
		}
	}
	t.SetActivityStreamsObject(about)
	return nil
}

func objectThing(o *Object) (thing, error) {
	t := newObject(o.Type)
	if t == nil {
		return nil, fmt.Errorf("unknown object type %q", o.Type)
	}
	if o.ID == "" {
		return nil, errors.New("object without id")
	}
	setID(t, o.ID)
	setURL(t, o.URL)
	setTexts(t, o.Name, o.Summary, o.Content)
	setRecipients(t, o.To, o.Cc)
	setTimes(t, o.Published, o.Updated)
	if o.AttributedTo != "" {
		author := streams.NewActivityStreamsAttributedToProperty()
		author.AppendIRI(address(o.AttributedTo))
		t.SetActivityStreamsAttributedTo(author)
	}
	if o.InReplyTo != "" {
		parent := streams.NewActivityStreamsInReplyToProperty()
		parent.AppendIRI(address(o.InReplyTo))
		t.SetActivityStreamsInReplyTo(parent)
	}
	if o.Context != "" {
		conversation := streams.NewActivityStreamsContextProperty()
		conversation.AppendIRI(address(o.Context))
		t.SetActivityStreamsContext(conversation)
	}
	if o.Audience != "" {
		audience := streams.NewActivityStreamsAudienceProperty()
		audience.AppendIRI(address(o.Audience))
		t.SetActivityStreamsAudience(audience)
	}
	if !o.StartTime.IsZero() {
		start := streams.NewActivityStreamsStartTimeProperty()
		start.Set(o.StartTime.Truncate(time.Second)) // with its offset from UTC, which some show as it stands
		t.SetActivityStreamsStartTime(start)
	}
	if !o.EndTime.IsZero() {
		end := streams.NewActivityStreamsEndTimeProperty()
		end.Set(o.EndTime.Truncate(time.Second))
		t.SetActivityStreamsEndTime(end)
	}
	if tombstone, ok := t.(vocab.ActivityStreamsTombstone); ok {
		setTombstone(tombstone, o)
	}
	setCollections(t, o)
	maps.Copy(t.GetUnknownProperties(), objectTerms(o))
	return t, nil
}

func setTombstone(t vocab.ActivityStreamsTombstone, o *Object) {
	if o.FormerType != "" {
		former := streams.NewActivityStreamsFormerTypeProperty()
		former.AppendXMLSchemaString(o.FormerType)
		t.SetActivityStreamsFormerType(former)
	}
	if !o.Deleted.IsZero() {
		deleted := streams.NewActivityStreamsDeletedProperty()
		deleted.Set(second(o.Deleted))
		t.SetActivityStreamsDeleted(deleted)
	}
}

// setCollections embeds replies, likes and shares: their ids and sizes, from which
// Mastodon 4.3 and later takes its counts.
func setCollections(t thing, o *Object) {
	if o.Replies != nil {
		replies := streams.NewActivityStreamsRepliesProperty()
		replies.SetActivityStreamsCollection(collectionThing(o.Replies))
		t.SetActivityStreamsReplies(replies)
	}
	if o.Likes != nil {
		likes := streams.NewActivityStreamsLikesProperty()
		likes.SetActivityStreamsCollection(collectionThing(o.Likes))
		t.SetActivityStreamsLikes(likes)
	}
	if o.Shares != nil {
		shares := streams.NewActivityStreamsSharesProperty()
		shares.SetActivityStreamsCollection(collectionThing(o.Shares))
		t.SetActivityStreamsShares(shares)
	}
}

func collectionThing(c *Collection) vocab.ActivityStreamsCollection {
	t := streams.NewActivityStreamsCollection()
	setID(t, c.ID)
	total := streams.NewActivityStreamsTotalItemsProperty()
	total.Set(c.TotalItems)
	t.SetActivityStreamsTotalItems(total)
	if c.First != nil {
		t.GetUnknownProperties()["first"] = firstPageTerm(c)
	}
	return t
}

func actorThing(a *Actor) (actorType, error) {
	t := newActor(a.Type)
	if t == nil {
		return nil, fmt.Errorf("unknown actor type %q", a.Type)
	}
	if a.ID == "" || a.Inbox == "" {
		return nil, errors.New("actor without id or inbox")
	}
	setID(t, a.ID)
	setURL(t, a.URL)
	setTexts(t, a.Name, a.Summary, "")
	setTimes(t, a.Published, time.Time{})
	inbox := streams.NewActivityStreamsInboxProperty()
	inbox.SetIRI(address(a.Inbox))
	t.SetActivityStreamsInbox(inbox)
	if a.Outbox != "" {
		outbox := streams.NewActivityStreamsOutboxProperty()
		outbox.SetIRI(address(a.Outbox))
		t.SetActivityStreamsOutbox(outbox)
	}
	if a.Followers != "" {
		followers := streams.NewActivityStreamsFollowersProperty()
		followers.SetIRI(address(a.Followers))
		t.SetActivityStreamsFollowers(followers)
	}
	if a.Following != "" {
		following := streams.NewActivityStreamsFollowingProperty()
		following.SetIRI(address(a.Following))
		t.SetActivityStreamsFollowing(following)
	}
	if a.Featured != "" {
		featured := streams.NewTootFeaturedProperty()
		featured.SetIRI(address(a.Featured))
		t.SetTootFeatured(featured)
	}
	if a.PreferredUsername != "" {
		handle := streams.NewActivityStreamsPreferredUsernameProperty()
		handle.SetXMLSchemaString(a.PreferredUsername)
		t.SetActivityStreamsPreferredUsername(handle)
	}
	discoverable := streams.NewTootDiscoverableProperty()
	discoverable.Set(a.Discoverable)
	t.SetTootDiscoverable(discoverable)
	if a.Icon != nil {
		icon := streams.NewActivityStreamsIconProperty()
		icon.AppendActivityStreamsImage(imageThing(a.Icon))
		t.SetActivityStreamsIcon(icon)
	}
	if a.Image != nil {
		image := streams.NewActivityStreamsImageProperty()
		image.AppendActivityStreamsImage(imageThing(a.Image))
		t.SetActivityStreamsImage(image)
	}
	terms, err := actorTerms(a)
	if err != nil {
		return nil, err
	}
	maps.Copy(t.GetUnknownProperties(), terms)
	return t, nil
}

func imageThing(i *Image) vocab.ActivityStreamsImage {
	t := streams.NewActivityStreamsImage()
	setURL(t, i.URL)
	setTexts(t, i.Name, "", "")
	if i.MediaType != "" {
		mediaType := streams.NewActivityStreamsMediaTypeProperty()
		mediaType.Set(i.MediaType)
		t.SetActivityStreamsMediaType(mediaType)
	}
	if i.Width > 0 && i.Height > 0 {
		width, height := streams.NewActivityStreamsWidthProperty(), streams.NewActivityStreamsHeightProperty()
		width.Set(i.Width)
		height.Set(i.Height)
		t.SetActivityStreamsWidth(width)
		t.SetActivityStreamsHeight(height)
	}
	return t
}

func setID(t vocab.Type, id IRI) {
	property := streams.NewJSONLDIdProperty()
	property.Set(address(id))
	t.SetJSONLDId(property)
}

func setURL(t thing, page IRI) {
	if page != "" {
		property := streams.NewActivityStreamsUrlProperty()
		property.AppendIRI(address(page))
		t.SetActivityStreamsUrl(property)
	}
}

func setTexts(t thing, name, summary, content string) {
	if name != "" {
		property := streams.NewActivityStreamsNameProperty()
		property.AppendXMLSchemaString(name)
		t.SetActivityStreamsName(property)
	}
	if summary != "" {
		property := streams.NewActivityStreamsSummaryProperty()
		property.AppendXMLSchemaString(summary)
		t.SetActivityStreamsSummary(property)
	}
	if content != "" {
		property := streams.NewActivityStreamsContentProperty()
		property.AppendXMLSchemaString(content)
		t.SetActivityStreamsContent(property)
	}
}

func setRecipients(t thing, to, cc []IRI) {
	if len(to) > 0 {
		property := streams.NewActivityStreamsToProperty()
		for _, id := range to {
			property.AppendIRI(address(id))
		}
		t.SetActivityStreamsTo(property)
	}
	if len(cc) > 0 {
		property := streams.NewActivityStreamsCcProperty()
		for _, id := range cc {
			property.AppendIRI(address(id))
		}
		t.SetActivityStreamsCc(property)
	}
}

func setTimes(t thing, published, updated time.Time) {
	if !published.IsZero() {
		property := streams.NewActivityStreamsPublishedProperty()
		property.Set(second(published))
		t.SetActivityStreamsPublished(property)
	}
	if !updated.IsZero() {
		property := streams.NewActivityStreamsUpdatedProperty()
		property.Set(second(updated))
		t.SetActivityStreamsUpdated(property)
	}
}

// address returns an IRI in the form that streams takes, so that it is written again
// byte for byte: a parsed URL would be escaped anew.
func address(i IRI) *url.URL {
	scheme, rest, _ := strings.Cut(string(i), ":")
	return &url.URL{Scheme: scheme, Opaque: rest}
}

// second returns t as it is written: in UTC, to the second.
func second(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
