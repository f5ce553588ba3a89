package federation

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// What a peer's document may hold. Beyond these it is refused, or cut where the
// comment says so.
const (
	MaxDocument    = 1 << 20 // bytes; what Mastodon takes as well
	MaxIRI         = 2048    // bytes; an index of PostgreSQL takes 2704
	MaxName        = 200     // runes of a name, a handle or a tag; longer ones are cut
	MaxSummary     = 500     // runes of an object's summary; longer ones are cut
	MaxBiography   = 5000    // runes of an actor's summary; longer ones are cut
	MaxContent     = 20_000  // runes of content; longer ones are cut
	MaxDescription = 1500    // runes of a picture's alternative text; longer ones are cut
	MaxLanguages   = 20      // entries of a language map; further ones are dropped
	MaxRecipients  = 1000    // of to, cc, bto, bcc and audience together
	MaxTags        = 100
	MaxAttachments = 16

	maxDepth  = 32     // arrays and objects within each other
	maxValues = 24_000 // strings, numbers, arrays, objects… in one document: bounds the memory it takes
	maxNumber = 64     // bytes
)

// Document is a peer's JSON document, strictly parsed: I-JSON (RFC 7493), so no
// duplicate names and nothing but valid Unicode, within the limits above. Names are
// compared exactly, as JSON-LD asks, and @context is passed over: the terms of
// ActivityStreams have their own meaning whatever a peer redefines.
type Document struct {
	raw      []byte
	root     object
	types    []string
	language string // @language of the context, which tells what its texts are written in
}

// ParseDocument reads one JSON object from raw, which the Document keeps: it must not
// be changed afterwards. A document that breaks a rule is answered with a *Refusal:
// 413 too_large, or 400 with json_text (not Unicode, or a NUL in it), json_depth,
// json_duplicate, json_number, json_syntax, json_trailing, json_shape (no object, or
// one of JSON-LD's wrappers), too_many, or id (there is one, and it is no IRI).
func ParseDocument(raw []byte) (*Document, error) {
	if len(raw) > MaxDocument {
		return nil, &Refusal{Status: http.StatusRequestEntityTooLarge, Code: "too_large"}
	}
	if !validText(raw) {
		return nil, refuse("json_text")
	}
	p := parser{
		dec:       jsontext.NewDecoder(bytes.NewBuffer(raw)),
		languages: bytes.Contains(raw, []byte(`"@language"`)),
	}
	value, err := p.value(1)
	if err != nil {
		return nil, err
	}
	if _, err := p.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, refuse("json_trailing")
	}
	root, ok := value.(object)
	if !ok {
		return nil, refuse("json_shape")
	}
	if _, err := root.id(); err != nil {
		return nil, err
	}
	return &Document{raw: raw, root: root, types: root.types(), language: p.language}, nil
}

// JSON returns the bytes as they were received.
func (d *Document) JSON() []byte { return d.raw }

// ID returns the document's id, "" where it has none.
func (d *Document) ID() IRI {
	return IRI(d.root.str("id")) // checked by ParseDocument
}

// Types returns the document's types in their order, nil where it has none.
func (d *Document) Types() []string { return d.types }

// refuse is the answer to a document that breaks a rule.
func refuse(code string) *Refusal {
	return &Refusal{Status: http.StatusBadRequest, Code: code}
}

// parser reads JSON values from a document and counts them.
type parser struct {
	dec       *jsontext.Decoder
	values    int
	languages bool   // the document has an @language somewhere
	language  string // and this is the outermost context's
}

func (p *parser) token() (jsontext.Token, error) {
	token, err := p.dec.ReadToken()
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return token, refuse("json_duplicate")
	case err != nil:
		return token, refuse("json_syntax")
	}
	if p.values++; p.values > maxValues {
		return token, refuse("too_many")
	}
	return token, nil
}

// value reads one value: nil, bool, string, json.Number, []any or object. depth is
// that of the value, were it an array or an object; the document itself is at 1.
func (p *parser) value(depth int) (any, error) {
	token, err := p.token()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case '{', '[':
		if depth > maxDepth {
			return nil, refuse("json_depth")
		}
		if token.Kind() == '[' {
			return p.array(depth)
		}
		return p.object(depth)
	case '"':
		return token.String(), nil
	case '0':
		return number(token.String())
	case 't', 'f':
		return token.Bool(), nil
	default:
		return nil, nil // null
	}
}

func (p *parser) array(depth int) (any, error) {
	list := []any{}
	for p.dec.PeekKind() != ']' {
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err := p.token()
	return list, err
}

func (p *parser) object(depth int) (any, error) {
	o := make(object, 0, 8)
	recipients := 0
	for p.dec.PeekKind() != '}' {
		token, err := p.token()
		if err != nil {
			return nil, err
		}
		name := token.String()
		switch name {
		case "@context":
			if err := p.context(depth); err != nil {
				return nil, err
			}
			continue
		case "@graph", "@included", "@reverse", "@set":
			return nil, refuse("json_shape")
		}
		value, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		switch name {
		case "to", "cc", "bto", "bcc", "audience":
			if list, ok := value.([]any); ok {
				recipients += len(list)
			}
			if recipients > MaxRecipients {
				return nil, refuse("too_many")
			}
		}
		o = append(o, member{name, value})
	}
	_, err := p.token()
	return o, err
}

// context passes over the value of an @context within an object at depth. Of all it
// says only the outermost @language is of use.
func (p *parser) context(depth int) error {
	if p.languages && depth == 1 {
		value, err := p.value(depth + 1)
		for _, entry := range values(value) {
			if o, ok := entry.(object); ok && o.str("@language") != "" {
				p.language = languageTag(o.str("@language"))
			}
		}
		return err
	}
	outside := p.dec.StackDepth()
	for {
		token, err := p.token()
		if err != nil {
			return err
		}
		if p.dec.StackDepth() > maxDepth {
			return refuse("json_depth")
		}
		if k := token.Kind(); k != '{' && k != '[' && p.dec.StackDepth() == outside {
			return nil
		}
	}
}

// number keeps a number as it is written, if it is one that a float64 can come near to.
func number(s string) (any, error) {
	if len(s) > maxNumber {
		return nil, refuse("json_number")
	}
	if _, err := strconv.ParseFloat(s, 64); err != nil {
		return nil, refuse("json_number")
	}
	return json.Number(s), nil
}

// validText tells whether raw, read as JSON, is Unicode throughout: UTF-8 without a
// byte order mark, no NUL (PostgreSQL takes none), no half of a surrogate pair. In
// JSON a backslash stands in strings only, so the escapes are found without parsing.
func validText(raw []byte) bool {
	if bytes.HasPrefix(raw, []byte("\ufeff")) || bytes.IndexByte(raw, 0) >= 0 || !utf8.Valid(raw) {
		return false
	}
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 || i+1 == len(raw) {
			return true
		}
		raw = raw[i+1:]
		if raw[0] != 'u' {
			raw = raw[1:]
			continue
		}
		switch r := codeUnit(raw); {
		case r == 0, 0xdc00 <= r && r <= 0xdfff:
			return false
		case 0xd800 <= r && r <= 0xdbff:
			if len(raw) < 6 || raw[5] != '\\' {
				return false
			}
			if low := codeUnit(raw[6:]); low < 0xdc00 || low > 0xdfff {
				return false
			}
			raw = raw[6:]
		}
	}
}

// codeUnit reads the four digits after the "u" that b begins with; -1 where there are
// none, which is the parser's to refuse.
func codeUnit(b []byte) int {
	if len(b) < 5 || b[0] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(b[1:5]), 16, 16)
	if err != nil {
		return -1
	}
	return int(n)
}
