package federation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// activityWith returns a Create of a Note with further members for the activity and the note.
func activityWith(activity, note string) string {
	return `{"id":"https://a.example/1","type":"Create","actor":"https://a.example/u"` + activity +
		`,"object":{"id":"https://a.example/n","type":"Note","attributedTo":"https://a.example/u","content":"x"` + note + `}}`
}

// idList returns a JSON array of so many different ids.
func idList(n int) string {
	items := make([]string, n)
	for i := range items {
		items[i] = fmt.Sprintf("%q", fmt.Sprintf("https://a.example/%d", i))
	}
	return "[" + strings.Join(items, ",") + "]"
}

// repeated returns a JSON array of so many times the same value.
func repeated(value string, n int) string {
	return "[" + strings.Repeat(value+",", n-1) + value + "]"
}

func decodeActivity(body []byte) (*Activity, error) {
	doc, err := ParseDocument(body)
	if err != nil {
		return nil, err
	}
	return DecodeActivity(doc)
}

// badDocument is a hostile document and what must come of it.
type badDocument struct {
	row, name, body string
	code            string // of the refusal; "" where the document is read
	status          int    // of the refusal; 0 is 400
	check           func(*Activity) error
}

// testBadDocuments holds hostile JSON against the decoder. A row with a code is refused
// with it; the others are read, and check tells what must have come of them.
func testBadDocuments(t *testing.T) {
	nested := func(depth int) string {
		return `,"x":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1)
	}
	utf16Body := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(activityWith("", ""))) {
		utf16Body = append(utf16Body, byte(unit), byte(unit>>8))
	}
	const create = `{"id":"https://a.example/%d","type":"Create","actor":"https://a.example/u","object":`
	tests := []badDocument{
		{row: "J1", name: "one byte too many", body: `{"x":"` + strings.Repeat("x", MaxDocument) + `"}`, status: http.StatusRequestEntityTooLarge, code: "too_large"},
		{row: "J2", name: "depth 32", body: activityWith(nested(32), "")},
		{row: "J2", name: "depth 33", body: activityWith(nested(33), ""), code: "json_depth"},
		{row: "J2", name: "depth 10000 of objects", body: strings.Repeat(`{"a":`, 10_000), code: "json_depth"},
		{row: "J2", name: "a million brackets", body: strings.Repeat("[", 1_000_000), code: "json_depth"},
		{row: "J2", name: "in the context", body: `{"@context":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`, code: "json_depth"},
		{row: "J3", name: "at the top", body: activityWith(`,"actor":"https://b.example/u"`, ""), code: "json_duplicate"},
		{row: "J3", name: "within", body: activityWith("", `,"content":"y"`), code: "json_duplicate"},
		{row: "J3", name: "by an escape", body: activityWith(`,"\u0061ctor":"https://b.example/u"`, ""), code: "json_duplicate"},
		{row: "J3", name: "in the context", body: activityWith(`,"@context":{"a":"b","a":"c"}`, ""), code: "json_duplicate"},
		{row: "J4", name: "upper case", body: activityWith(`,"ACTOR":"https://b.example/u"`, `,"Content":"y"`), check: actorIs("https://a.example/u")},
		{row: "J4", name: "long s and Kelvin", body: activityWith(`,"\u017fignature":1,"\u212aey":2,"Object":"https://b.example/n","actoR":"https://b.example/u"`, ""), check: actorIs("https://a.example/u")},
		{row: "J5", name: "escaped NUL", body: activityWith("", `,"name":"\u0000"`), code: "json_text"},
		{row: "J5", name: "escaped NUL in the context", body: activityWith(`,"@context":"\u0000"`, ""), code: "json_text"},
		{row: "J5", name: "an escaped backslash is no NUL", body: activityWith("", `,"name":"\\u0000"`)},
		{row: "J5", name: "raw NUL", body: activityWith("", ",\"name\":\"\x00\""), code: "json_text"},
		{row: "J5", name: "invalid UTF-8", body: activityWith("", ",\"name\":\"\xff\""), code: "json_text"},
		{row: "J5", name: "high surrogate alone", body: activityWith("", `,"name":"\ud83e"`), code: "json_text"},
		{row: "J5", name: "high surrogate and letter", body: activityWith("", `,"name":"\ud83e\u0041"`), code: "json_text"},
		{row: "J5", name: "low surrogate alone", body: activityWith("", `,"name":"\udd56"`), code: "json_text"},
		{row: "J5", name: "a whole pair", body: activityWith("", `,"name":"\ud83e\udd56"`)},
		{row: "J5", name: "byte order mark", body: "\ufeff" + activityWith("", ""), code: "json_text"},
		{row: "J5", name: "UTF-16", body: string(utf16Body), code: "json_text"},
		{row: "J6", name: "second document", body: activityWith("", "") + "{}", code: "json_trailing"},
		{row: "J6", name: "trailing byte", body: activityWith("", "") + "x", code: "json_trailing"},
		{row: "J6", name: "white space is none", body: activityWith("", "") + " \r\n"},
		{row: "J6", name: "cut short", body: strings.TrimSuffix(activityWith("", ""), "}"), code: "json_syntax"},
		{row: "J6", name: "empty", body: "", code: "json_syntax"},
		{row: "J7", name: "100 000 in to", body: activityWith(`,"to":`+repeated("0", 100_000), ""), code: "too_many"},
		{row: "J7", name: "1001 in to and cc", body: activityWith(`,"to":`+idList(600)+`,"cc":`+idList(401), ""), code: "too_many"},
		{row: "J7", name: "1000 in to and cc", body: activityWith(`,"to":`+idList(600)+`,"cc":`+idList(400), "")},
		{row: "J7", name: "101 tags", body: activityWith("", `,"tag":`+idList(101)), code: "too_many"},
		{row: "J7", name: "17 attachments", body: activityWith("", `,"attachment":`+idList(17)), code: "too_many"},
		{row: "J7", name: "100 000 items", body: activityWith("", `,"replies":{"items":`+repeated("0", 100_000)+`}`), code: "too_many"},
		{row: "J8", name: "1e400", body: activityWith(`,"x":1e400`, ""), code: "json_number"},
		{row: "J8", name: "a thousand digits", body: activityWith(`,"x":`+strings.Repeat("9", 1000), ""), code: "json_number"},
		{row: "J8", name: "minus zero", body: activityWith("", `,"likes":{"totalItems":-0}`)},
		{row: "J8", name: "totalItems beyond an integer", body: activityWith("", `,"likes":{"id":"https://a.example/l","totalItems":99999999999}`), check: func(a *Activity) error {
			if got := a.Object.Likes.TotalItems; got != 0 {
				return fmt.Errorf("got %d likes, want 0", got)
			}
			return nil
		}},
		{row: "J9", name: "three activities", body: fmt.Sprintf(create+create+create, 1, 2, 3) + `"https://a.example/n"}}}`, code: "nesting"},
		{row: "J9", name: "two activities", body: fmt.Sprintf(create+create, 1, 2) + `"https://a.example/n"}}`},
		{row: "J10", name: "long texts", body: activityWith("", fmt.Sprintf(`,"name":%q,"summary":%q,"contentMap":{"fr":%q}`,
			strings.Repeat("é", 100_000), strings.Repeat("é", 100_000), strings.Repeat("é", 200_000))), check: func(a *Activity) error {
			for _, text := range []struct {
				text string
				want int
			}{{a.Object.Name, MaxName}, {a.Object.Summary, MaxSummary}, {a.Object.ContentMap["fr"], MaxContent}} {
				if got := utf8.RuneCountInString(text.text); got != text.want || !utf8.ValidString(text.text) {
					return fmt.Errorf("got %d runes, want %d whole ones", got, text.want)
				}
			}
			return nil
		}},
		{row: "J11", name: "context of the attacker's", body: activityWith(`,"@context":["https://evil.example/context",{"x":"https://evil.example/x"}],"x":"y"`, ""), check: actorIs("https://a.example/u")},
		{row: "J12", name: "terms defined anew", body: activityWith(`,"@context":{"actor":"https://evil.example/nobody","by":"as:actor","id":"@type","as":"https://evil.example/","as:Public":"https://evil.example/"},"by":"https://b.example/u","to":["as:Public"],"cc":"Public"`, ""), check: func(a *Activity) error {
			want := []IRI{Public}
			if !slices.Equal(a.To, want) || !slices.Equal(a.Cc, want) {
				return fmt.Errorf("got to %v and cc %v, want both %v", a.To, a.Cc, want)
			}
			return actorIs("https://a.example/u")(a)
		}},
		{row: "J13", name: "@graph", body: `{"@graph":[` + activityWith("", "") + `]}`, code: "json_shape"},
		{row: "J13", name: "@included", body: activityWith(`,"@included":[]`, ""), code: "json_shape"},
		{row: "J13", name: "@reverse", body: activityWith("", `,"@reverse":{}`), code: "json_shape"},
		{row: "J13", name: "@set", body: activityWith(`,"to":{"@set":["https://a.example/1"]}`, ""), code: "json_shape"},
		{row: "J13", name: "array of activities", body: "[" + activityWith("", "") + "]", code: "json_shape"},
		{row: "J13", name: "no object", body: `"https://a.example/1"`, code: "json_shape"},
		{row: "J15", name: "two actor types", body: withType(`["Person","Service"]`), code: "type"},
		{row: "J15", name: "activity and actor", body: withType(`["Create","Person"]`), code: "type"},
		{row: "J15", name: "two unknown", body: withType(`["Bake","Sell"]`), code: "type"},
		{row: "J15", name: "one known", body: withType(`["Create","https://a.example/Bake"]`)},
		{row: "J15", name: "one unknown", body: withType(`"Bake"`)},
		{row: "J15", name: "none", body: withType(`null`), code: "type"},
		{row: "J15", name: "an actor's", body: withType(`"Person"`), code: "type"},
		{row: "J15", name: "a note's", body: withType(`"Note"`), code: "type"},
		{row: "J17", name: "10 000 languages", body: activityWith("", `,"contentMap":{`+languages(10_000)+`}`), check: func(a *Activity) error {
			if got := len(a.Object.ContentMap); got != MaxLanguages {
				return fmt.Errorf("got %d languages, want %d", got, MaxLanguages)
			}
			return nil
		}},
		{row: "O4", name: "two authors", body: strings.Replace(activityWith("", ""), `"attributedTo":"https://a.example/u"`, `"attributedTo":["https://a.example/u",{"type":"Person","id":"https://b.example/u"}]`, 1), status: http.StatusForbidden, code: "attribution"},
		{row: "O16", name: "10 000 objects", body: `{"id":"https://a.example/1","type":"Flag","actor":"https://a.example/u","object":` + idList(10_000) + `}`, check: func(a *Activity) error {
			if got := len(a.ObjectIDs); got != 20 {
				return fmt.Errorf("got %d objects, want 20", got)
			}
			return nil
		}},
		{row: "O4", name: "two actors", body: strings.Replace(activityWith("", ""), `"actor":"https://a.example/u"`, `"actor":["https://a.example/u","https://b.example/u"]`, 1), code: "actor"},
	}
	for _, id := range []string{`null`, `""`, `"/1"`, `"1"`, `"data:text/plain,x"`, `["https://a.example/1"]`, `{"id":"https://a.example/1"}`, `1`,
		`"https://a.example/` + strings.Repeat("x", 3072) + `"`, `"https://"`, `"https:///x"`, `"ftp://a.example/1"`, `"https://u:p@a.example/1"`,
		`"https://a.example/\n1"`, `"https://a.example/ 1"`, `"https://a.example\\@b.example/"`, `"HTTPS//a.example"`} {
		body := strings.Replace(activityWith("", ""), `"https://a.example/1"`, id, 1)
		tests = append(tests, badDocument{row: "J14", name: id[:min(len(id), 30)], body: body, code: "id"})
		nested := strings.Replace(activityWith("", ""), `"https://a.example/n"`, id, 1)
		tests = append(tests, badDocument{row: "J14", name: "embedded " + id[:min(len(id), 30)], body: nested, code: "id"})
	}
	for _, test := range tests {
		t.Run(test.row+"/"+test.name, func(t *testing.T) {
			t.Parallel()
			activity, err := decodeActivity([]byte(test.body))
			if test.code == "" {
				if err != nil {
					t.Fatalf("got error %v, want the activity", err)
				}
				if test.check != nil {
					if err := test.check(activity); err != nil {
						t.Error(err)
					}
				}
				return
			}
			if test.status == 0 {
				test.status = http.StatusBadRequest
			}
			var refusal *Refusal
			if !errors.As(err, &refusal) || refusal.Status != test.status || refusal.Code != test.code {
				t.Fatalf("got %+v, %v, want %d %s", activity, err, test.status, test.code)
			}
		})
	}
}

// TestDates is the row J18: dates of other ages do not disturb the order of things.
func TestDates(t *testing.T) {
	t.Parallel()
	received := time.Date(2026, 12, 12, 9, 0, 0, 0, time.UTC)
	for written, want := range map[string]time.Time{
		"0001-01-01T00:00:00Z":           received,
		"1969-12-31T23:59:59Z":           received,
		"9999-12-31T23:59:59Z":           received,
		"+292277026596-12-04T15:30:08Z":  received,
		"-0044-03-15T12:00:00Z":          received,
		"2027-01-01T00:00:00Z":           received,
		"gestern":                        received,
		"":                               received,
		strings.Repeat("2", 100_000):     received,
		"2026-12-11T09:00:00+01:00":      time.Date(2026, 12, 11, 8, 0, 0, 0, time.UTC),
		"2026-12-11T09:00:00.123456789Z": time.Date(2026, 12, 11, 9, 0, 0, 123456789, time.UTC),
		"2026-12-11T09:00Z":              time.Date(2026, 12, 11, 9, 0, 0, 0, time.UTC),
		"2026-12-11T09:00:00":            time.Date(2026, 12, 11, 9, 0, 0, 0, time.UTC),
		"2026-12-11":                     time.Date(2026, 12, 11, 0, 0, 0, 0, time.UTC),
	} {
		member := fmt.Sprintf(`,"published":%q`, written)
		activity, err := decodeActivity([]byte(activityWith(member, member)))
		if err != nil {
			t.Fatalf("%.40s: %v", written, err)
		}
		activity.ClampDates(received)
		if !activity.Published.Equal(want) || !activity.Object.Published.Equal(want) {
			t.Errorf("J18: %.40s: got %v and %v, want %v", written, activity.Published, activity.Object.Published, want)
		}
		if !activity.Updated.IsZero() {
			t.Errorf("J18: %.40s: got updated %v, want none", written, activity.Updated)
		}
	}
}

func actorIs(want IRI) func(*Activity) error {
	return func(a *Activity) error {
		if a.Actor != want || a.Object.Content != "x" {
			return fmt.Errorf("got actor %s and content %q, want %s and %q", a.Actor, a.Object.Content, want, "x")
		}
		return nil
	}
}

func withType(json string) string {
	return strings.Replace(activityWith("", ""), `"Create"`, json, 1)
}

// languages returns so many members of a language map.
func languages(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"x-%d":"y"`, i)
	}
	return strings.Join(members, ",")
}

// TestParseMemory holds the memory of parsing to what a document may cost at the worst.
func TestParseMemory(t *testing.T) {
	for name, body := range map[string]string{
		"numbers": `{"x":` + repeated("0", 500_000) + `}`,
		"arrays":  `{"x":` + repeated("[]", 300_000) + `}`,
		"objects": `{"x":` + repeated(`{"a":{}}`, 100_000) + `}`,
		"names":   `{` + languages(60_000) + `}`,
		"text":    `{"x":"` + strings.Repeat("é", 500_000) + `"}`,
	} {
		raw := []byte(body)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ParseDocument(raw)
		runtime.ReadMemStats(&after)
		if err != nil && err.Error() != "too_many" {
			t.Errorf("%s: got %v, want too_many or no error", name, err)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 5<<20 {
			t.Errorf("%s: got %d bytes to parse %d, want at most 5 MiB", name, got, len(raw))
		} else {
			t.Logf("%s: %d bytes to parse %d", name, got, len(raw))
		}
	}
}

// TestForms reads the forms in which peers write one and the same.
func TestForms(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, note string
		field      func(*Object) any
		want       any
	}{
		{"url as Link", `,"url":{"type":"Link","href":"https://a.example/p"}`, func(o *Object) any { return o.URL }, IRI("https://a.example/p")},
		{"url as list, text/html first", `,"url":[{"type":"Link","mediaType":"application/json","href":"https://a.example/j"},{"type":"Link","mediaType":"text/html","href":"https://a.example/p"}]`,
			func(o *Object) any { return o.URL }, IRI("https://a.example/p")},
		{"url as list of strings", `,"url":["https://a.example/p","https://a.example/q"]`, func(o *Object) any { return o.URL }, IRI("https://a.example/p")},
		{"url of another scheme", `,"url":"javascript:alert(1)"`, func(o *Object) any { return o.URL }, IRI("")},
		{"inReplyTo as object", `,"inReplyTo":{"id":"https://b.example/n","type":"Note"}`, func(o *Object) any { return o.InReplyTo }, IRI("https://b.example/n")},
		{"language of contentMap", `,"contentMap":{"en":"y","fr":"x"}`, func(o *Object) any { return o.Language }, "fr"},
		{"language of nameMap", `,"nameMap":{"de":"y"}`, func(o *Object) any { return o.Language }, "de"},
		{"no language", `,"contentMap":{"und":"x"}`, func(o *Object) any { return o.Language }, ""},
		{"name from nameMap", `,"nameMap":{"fr":"Titre"}`, func(o *Object) any { return o.Name }, "Titre"},
		{"summary null, summaryMap", `,"summary":null,"summaryMap":{"fr":"Attention"}`, func(o *Object) any { return o.Summary }, "Attention"},
		{"tag as object", `,"tag":{"type":"Mention","href":"https://b.example/u","name":"@u"}`, func(o *Object) any { return o.Tags[0].Href }, IRI("https://b.example/u")},
		{"tags of other kinds", `,"tag":[null,"x",{"type":"Link"},{"type":"Hashtag","name":"#pain"}]`, func(o *Object) any { return len(o.Tags) }, 1},
		{"alternative text in summary", `,"attachment":{"type":"Image","url":"https://a.example/i","summary":"Un pain"}`, func(o *Object) any { return o.Attachments[0].Name }, "Un pain"},
		{"url of a picture as Link", `,"attachment":[{"type":"Document","url":[{"type":"Link","href":"https://a.example/i"}]}]`, func(o *Object) any { return o.Attachments[0].URL }, IRI("https://a.example/i")},
		{"attachments without address", `,"attachment":[{"type":"Document"},{"type":"Link","href":"https://a.example/l"},null]`, func(o *Object) any { return len(o.Attachments) }, 0},
		{"replies as id", `,"replies":"https://a.example/r"`, func(o *Object) any { return o.Replies.ID }, IRI("https://a.example/r")},
		{"totalItems as text", `,"likes":{"id":"https://a.example/l","totalItems":"12"}`, func(o *Object) any { return o.Likes.TotalItems }, 12},
		{"author as list of one", `,"to":[],"cc":null`, func(o *Object) any { return len(o.To) + len(o.Cc) }, 0},
		{"recipients as objects", `,"to":[{"type":"Person","id":"https://b.example/u"},"https://b.example/u","",null,7]`, func(o *Object) any { return fmt.Sprint(o.To) }, "[https://b.example/u]"},
	}
	for _, test := range tests {
		activity, err := decodeActivity([]byte(activityWith("", test.note)))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := test.field(activity.Object); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

// TestContextLanguage reads the language that a whole document is declared to be in.
func TestContextLanguage(t *testing.T) {
	t.Parallel()
	for context, want := range map[string]string{
		`["https://www.w3.org/ns/activitystreams",{"@language":"fr"}]`: "fr",
		`{"@language":"und"}`:                "",
		`{"@language":null,"x":"@language"}`: "",
		`{"a":{"@language":"fr"}}`:           "",
	} {
		activity, err := decodeActivity([]byte(activityWith(`,"@context":`+context, "")))
		if err != nil {
			t.Fatal(err)
		}
		if got := activity.Object.Language; got != want {
			t.Errorf("%s: got %q, want %q", context, got, want)
		}
	}
}

// TestDecodeCollection reads the shapes of collections that the recorded ones lack.
func TestDecodeCollection(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]CollectionPage{
		`{"id":"https://a.example/r","type":"Collection","totalItems":"1","first":{"type":"CollectionPage","items":"https://b.example/1","next":"https://a.example/r?2"}}`: {ID: "https://a.example/r", Type: "Collection", TotalItems: 1, Next: "https://a.example/r?2", Items: []IRI{"https://b.example/1"}},
		`{"id":"https://a.example/r","type":"OrderedCollection","orderedItems":[{"id":"https://b.example/1"},null,"https://b.example/1",3]}`:                               {ID: "https://a.example/r", Type: "OrderedCollection", Items: []IRI{"https://b.example/1"}},
		`{"type":"CollectionPage","next":"https://a.example/r"}`: {Type: "CollectionPage", Next: "https://a.example/r"},
	} {
		doc, err := ParseDocument([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeCollection(doc)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: got %+v, want %+v", body, *got, want)
		}
	}
	doc, err := ParseDocument([]byte(`{"id":"https://a.example/n","type":"Note"}`))
	if err != nil {
		t.Fatal(err)
	}
	if page, err := DecodeCollection(doc); err == nil {
		t.Errorf("got %+v from a Note, want an error", page)
	}
}

// FuzzParseDocument holds the strict parser against encoding/json: what it takes is
// valid JSON with the same content.
func FuzzParseDocument(f *testing.F) {
	for _, seed := range sampleBodies(f) {
		f.Add(seed)
	}
	for _, seed := range []string{activityWith("", ""), activityWith(`,"@context":{"@language":"fr"}`, `,"name":"\ud83e\udd56\\u0000"`), `{"a":[1,-0,1e3,true,null,{}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := ParseDocument(body)
		if err != nil {
			var refusal *Refusal
			if !errors.As(err, &refusal) || refusal.Status < 400 || refusal.Status > 499 {
				t.Fatalf("got error %v, want a refusal", err)
			}
			return
		}
		var standard map[string]any
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		if err := decoder.Decode(&standard); err != nil {
			t.Fatalf("encoding/json refuses what was taken: %v", err)
		}
		if got, want := plain(doc.root), plain(standard); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// plain returns a parsed value with maps for objects and without contexts, which are passed over.
func plain(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plain(v[i])
		}
		return list
	case object:
		members := map[string]any{}
		for _, m := range v {
			members[m.name] = plain(m.value)
		}
		return members
	case map[string]any:
		members := map[string]any{}
		for name, value := range v {
			if name != "@context" {
				members[name] = plain(value)
			}
		}
		return members
	}
	return v
}

// FuzzDecode decodes whatever parses: no panic, texts within their limits, and what
// was read can be written unless something necessary is missing.
func FuzzDecode(f *testing.F) {
	for _, seed := range sampleBodies(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := ParseDocument(body)
		if err != nil {
			return
		}
		if activity, err := DecodeActivity(doc); err == nil {
			if activity.Actor.Host() == "" || activity.Type == "" {
				t.Fatalf("got %+v, want an actor and a type", activity)
			}
			checkObject(t, activity.Object)
			if raw, err := EncodeActivity(activity); err == nil {
				again, err := ParseDocument(raw)
				if err == nil {
					_, err = DecodeActivity(again)
				}
				if err != nil {
					t.Fatalf("what we write of it is refused: %v\n%s", err, raw)
				}
			}
		}
		if object, err := DecodeObject(doc); err == nil {
			checkObject(t, object)
		}
		if actor, err := DecodeActor(doc); err == nil {
			if actor.ID.Host() == "" || utf8.RuneCountInString(actor.Name) > MaxName {
				t.Fatalf("got %+v, want an id and a name within its limit", actor)
			}
			if _, err := EncodeActor(actor); err != nil && actor.Inbox != "" && len(actor.Keys) == 0 {
				t.Fatalf("an actor without keys cannot be written: %v", err)
			}
		}
		if page, err := DecodeCollection(doc); err == nil && page.TotalItems < 0 {
			t.Fatalf("got %d items, want none or more", page.TotalItems)
		}
	})
}

func checkObject(t *testing.T, o *Object) {
	t.Helper()
	if o == nil {
		return
	}
	if utf8.RuneCountInString(o.Content) > MaxContent || len(o.Attachments) > MaxAttachments || len(o.Tags) > MaxTags {
		t.Fatalf("got %+v, want everything within its limits", o)
	}
	for _, id := range slices.Concat(o.To, o.Cc) {
		if id.Host() == "" || len(id) > MaxIRI {
			t.Fatalf("got recipient %q, want an IRI", id)
		}
	}
}
