package federation

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// object is a JSON object: its members in their order, each name once.
type object []member

type member struct {
	name  string
	value any
}

// get returns the member with exactly this name, nil where there is none.
func (o object) get(name string) any {
	for i := range o {
		if o[i].name == name {
			return o[i].value
		}
	}
	return nil
}

// str returns a member that is a string, or "".
func (o object) str(name string) string {
	s, _ := o.get(name).(string)
	return s
}

// list returns a member's values: the elements of an array, or the one value itself.
func (o object) list(name string) []any { return values(o.get(name)) }

// values returns the elements of an array, else v itself as the only one. What peers
// write for "none" (null and "") is left out.
func values(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		if v == "" {
			return nil
		}
	case []any:
		return v
	}
	return []any{v}
}

// child returns a member that is an object, or the first object in an array; nil where there is none.
func (o object) child(name string) object {
	for _, v := range o.list(name) {
		if child, ok := v.(object); ok {
			return child
		}
	}
	return nil
}

// id returns the object's id, "" where the member is missing. One that is there and
// is no IRI is refused.
func (o object) id() (IRI, error) {
	for i := range o {
		if o[i].name == "id" {
			s, _ := o[i].value.(string)
			if !validIRI(s) {
				return "", refuse("id")
			}
			return IRI(s), nil
		}
	}
	return "", nil
}

// types returns the strings in the member type.
func (o object) types() []string {
	var types []string
	for _, v := range o.list("type") {
		if s, ok := v.(string); ok {
			types = append(types, s)
		}
	}
	return types
}

// iri returns the first IRI of a member, which may be written as a string, as an
// object with an id or as a list of these; "" where there is none.
func (o object) iri(name string) IRI {
	for _, v := range o.list(name) {
		if i := iriOf(v); i != "" {
			return i
		}
	}
	return ""
}

// iris returns all IRIs of a member, in their order, each once.
func (o object) iris(name string) []IRI {
	list := o.list(name)
	if len(list) == 0 {
		return nil
	}
	iris := make([]IRI, 0, len(list))
	seen := make(map[IRI]bool, len(list))
	for _, v := range list {
		if i := iriOf(v); i != "" && !seen[i] {
			seen[i] = true
			iris = append(iris, i)
		}
	}
	return iris
}

// iriOf returns the IRI that v is or names, "" where there is none.
func iriOf(v any) IRI {
	var s string
	switch v := v.(type) {
	case string:
		s = v
	case object:
		s = v.str("id")
	}
	if s == "as:Public" || s == "Public" {
		return Public
	}
	if !validIRI(s) {
		return ""
	}
	return IRI(s)
}

// validIRI tells whether s can be an id here: an absolute http or https URL with a
// valid host, without a user name, without spaces and control characters, and not
// longer than MaxIRI.
func validIRI(s string) bool {
	if len(s) > MaxIRI {
		return false
	}
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		if rest, ok = strings.CutPrefix(s, "http://"); !ok {
			return false
		}
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	if strings.ContainsRune(rest, '@') {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c == 0x7f || c == '"' || c == '<' || c == '>' || c == '\\' {
			return false
		}
	}
	return IRI(s).Host() != ""
}

// kind is what a type of the vocabulary is.
type kind int

const (
	kindUnknown kind = iota
	kindActivity
	kindActor
	kindObject
)

// kindOf sorts the types of ActivityStreams 2.0 (Vocabulary, section 3) and those
// that other servers have added. A Question is sent as an object by all of them.
func kindOf(name string) kind {
	switch name {
	case "Accept", "Add", "Announce", "Arrive", "Block", "Create", "Delete", "Dislike", "EmojiReact",
		"Flag", "Follow", "Ignore", "Invite", "Join", "Leave", "Like", "Listen", "Move", "Offer",
		"QuoteRequest", "Read", "Reject", "Remove", "TentativeAccept", "TentativeReject", "Travel",
		"Undo", "Update", "View":
		return kindActivity
	case "Application", "Group", "Organization", "Person", "Service":
		return kindActor
	case "Article", "Audio", "Collection", "CollectionPage", "Document", "Event", "Image", "Note",
		"OrderedCollection", "OrderedCollectionPage", "Page", "Place", "Profile", "Question",
		"Relationship", "Tombstone", "Video":
		return kindObject
	}
	return kindUnknown
}

// typeOf returns the object's type, "" where it has none. Of several the one that is
// known counts; where that is not a single one, the object could be read as either.
func (o object) typeOf() (string, error) {
	types := o.types()
	switch len(types) {
	case 0:
		return "", nil
	case 1:
		return cut(types[0], maxWord), nil
	}
	known := slices.DeleteFunc(types, func(name string) bool { return kindOf(name) == kindUnknown })
	if len(known) != 1 {
		return "", refuse("type")
	}
	return known[0], nil
}

// text returns a natural-language property: the plain one, else the first of its map
// (contentMap beside content), cut to that many runes.
func (o object) text(name string, runes int) string {
	if s := o.str(name); s != "" {
		return cut(s, runes)
	}
	for _, m := range o.child(name + "Map") {
		if s, ok := m.value.(string); ok && s != "" && languageTag(m.name) != "" {
			return cut(s, runes)
		}
	}
	return ""
}

// texts returns a language map, nil where there is none; the first entries of one that is too long.
func (o object) texts(name string, runes int) map[string]string {
	var texts map[string]string
	for _, m := range o.child(name) {
		s, ok := m.value.(string)
		tag := languageTag(m.name)
		if !ok || s == "" || tag == "" {
			continue
		}
		if texts == nil {
			texts = make(map[string]string)
		}
		if texts[tag] = cut(s, runes); len(texts) == MaxLanguages {
			break
		}
	}
	return texts
}

// languageTag returns tag if it looks like one of BCP 47 and names a language, else "".
func languageTag(tag string) string {
	if len(tag) < 2 || len(tag) > 35 || tag == "und" {
		return ""
	}
	for _, c := range tag {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return ""
		}
	}
	return tag
}

// page returns the address that people open: a string, a Link, or of a list of Links
// the one that is text/html, else the first.
func (o object) page(name string) IRI {
	var first IRI
	for _, v := range o.list(name) {
		address, mediaType := iriOf(v), ""
		if link, ok := v.(object); ok {
			mediaType = link.str("mediaType")
			if href := link.iri("href"); href != "" {
				address = href
			}
		}
		if address != "" && strings.HasPrefix(mediaType, "text/html") {
			return address
		}
		if first == "" {
			first = address
		}
	}
	return first
}

// yes tells whether a member is true.
func (o object) yes(name string) bool {
	yes, _ := o.get(name).(bool)
	return yes
}

// count returns a member that is a number of things, written as a number or as a
// string; 0 for anything that is not between 0 and 2^31-1.
func (o object) count(name string) int {
	var n json.Number
	switch v := o.get(name).(type) {
	case json.Number:
		n = v
	case string:
		n = json.Number(v)
	}
	if i, err := n.Int64(); err == nil && 0 <= i && i < 1<<31 {
		return int(i)
	}
	return 0
}

// time returns a date in UTC, the zero time for one that is missing, unreadable or
// of another age: no calendar here goes beyond the years 1970 to 2200.
func (o object) time(name string) time.Time {
	s := o.str(name)
	if s == "" || len(s) > maxNumber {
		return time.Time{}
	}
	// xsd:dateTime as it is sent: with any fraction of a second, without seconds, without zone.
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			if t = t.UTC(); t.Year() < 1970 || t.Year() > 2200 {
				return time.Time{}
			}
			return t
		}
	}
	return time.Time{}
}

// cut returns the first so many runes of s.
func cut(s string, runes int) string {
	if len(s) <= runes {
		return s
	}
	n := 0
	for i := range s {
		if n == runes {
			return strings.Clone(s[:i])
		}
		n++
	}
	return s
}
