package web

import (
	"errors"
	"fmt"
	"html/template"
	"regexp"
	"slices"
	"strings"
	"text/template/parse"
	"time"

	"bourg/web/locale"
)

// view is what every template gets: the frame, and the thing to show.
type view struct {
	C *frame
	V any
}

// functions are what templates may call. Words are looked up by literal keys, so that checkWords can find them.
func functions(l *locale.Locale, static *Static) template.FuncMap {
	return template.FuncMap{
		"t": l.T,
		"n": l.N,
		"h": l.HTML,
		"key": func(prefix, name string) (string, error) {
			if key := prefix + "." + name; l.Has(key) {
				return key, nil
			}
			return "", fmt.Errorf("no words for %s.%s", prefix, name)
		},
		"view":       func(c *frame, v any) view { return view{C: c, V: v} },
		"href":       func(path string) string { return Href(l.Lang, path) },
		"report":     func(post string) string { return pathSignalerVoisin + "/" + post },
		"static":     static.URL,
		"icon":       func(name string) (template.HTML, error) { return icon(static, name) },
		"link":       link,
		"tellink":    tellink,
		"maillink":   func(address string) template.HTML { return link("mailto:"+address, address) },
		"tel":        tel,
		"phone":      locale.Phone,
		"distance":   l.Distance,
		"kilometres": func(km float64) string { return l.Distance(km * 1000) },
		"size":       l.Size,
		"number":     l.Number,
		"lower":      locale.LowerFirst,
		"french":     locale.French, // for words that the town or a shop wrote: they are French on English pages too
		"srcset":     srcset,
		"image":      newImage,
		"field":      newField,
		"dayInput":   dayInput,
		"clockInput": clockInput,
		"qr":         newQR,
		"paints":     Paints,

		"reaches": Reaches,
		"reach":   func(name string) (string, error) { return reachInWords(l, name) },
	}
}

// words are the functions whose first argument is a key.
var words = map[string]bool{"t": true, "n": true, "h": true}

// checkWords walks all templates and finds keys that the locale does not have, and plurals that are used as plain sentences.
func checkWords(t *template.Template, l *locale.Locale) error {
	var faults []error
	for key, plural := range usedWords(t) {
		switch {
		case !l.Has(key):
			faults = append(faults, fmt.Errorf("%q does not exist in %q", key, l.Lang))
		case l.Plural(key) != plural:
			faults = append(faults, fmt.Errorf("%q is used with the wrong function: plurals want n, others t or h", key))
		}
	}
	return errors.Join(faults...)
}

// usedWords gives the literal keys in all templates, and whether each is used as a plural.
func usedWords(t *template.Template) map[string]bool {
	used := map[string]bool{}
	for _, one := range t.Templates() {
		if one.Tree != nil {
			walkWords(one.Tree.Root, used)
		}
	}
	return used
}

func walkWords(node parse.Node, used map[string]bool) {
	switch node := node.(type) {
	case *parse.ListNode:
		if node == nil {
			return
		}
		for _, child := range node.Nodes {
			walkWords(child, used)
		}
	case *parse.ActionNode:
		walkWords(node.Pipe, used)
	case *parse.TemplateNode:
		walkWords(node.Pipe, used)
	case *parse.IfNode:
		walkBranch(&node.BranchNode, used)
	case *parse.RangeNode:
		walkBranch(&node.BranchNode, used)
	case *parse.WithNode:
		walkBranch(&node.BranchNode, used)
	case *parse.PipeNode:
		if node == nil {
			return
		}
		for _, command := range node.Cmds {
			walkWords(command, used)
		}
	case *parse.CommandNode:
		if len(node.Args) > 1 {
			name, isName := node.Args[0].(*parse.IdentifierNode)
			key, isText := node.Args[1].(*parse.StringNode)
			if isName && isText && words[name.Ident] {
				used[key.Text] = name.Ident == "n"
			}
		}
		for _, arg := range node.Args {
			walkWords(arg, used)
		}
	}
}

func walkBranch(node *parse.BranchNode, used map[string]bool) {
	walkWords(node.Pipe, used)
	walkWords(node.List, used)
	walkWords(node.ElseList, used)
}

// dayInput is the type of a field for a day: the browser's own, unless something stands in it that it would throw away.
func dayInput(typed string) string {
	if _, err := time.Parse(time.DateOnly, typed); typed != "" && err != nil {
		return "text"
	}
	return "date"
}

// clockInput is the same for an hour.
func clockInput(typed string) string {
	if _, err := time.Parse("15:04", typed); typed != "" && err != nil {
		return "text"
	}
	return "time"
}

var symbolName = regexp.MustCompile(`^[a-z]+$`)

// icon draws a symbol of the sprite. It always stands beside words, so it is hidden from screen readers.
func icon(static *Static, name string) (template.HTML, error) {
	if !symbolName.MatchString(name) {
		return "", fmt.Errorf("%q is no name of a symbol", name)
	}
	return trusted(`<svg class="i" aria-hidden="true"><use href="` + static.URL("icones.svg") + `#` + name + `"></use></svg>`), nil
}

// link makes a link for the inside of a sentence. An address of a kind that could run something leads nowhere.
func link(url, text string) template.HTML {
	if scheme, _, ok := strings.Cut(url, ":"); ok && !strings.HasPrefix(url, "/") && !slices.Contains([]string{"http", "https", "mailto", "tel"}, scheme) {
		url = "#"
	}
	return trusted(`<a href="` + template.HTMLEscapeString(url) + `">` + template.HTMLEscapeString(text) + `</a>`)
}

// tel writes the address that dials a number; signs other than digits and the plus are left out.
func tel(number string) template.URL {
	dialled := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, number)
	return template.URL("tel:" + dialled) //nolint:gosec // digits and plus
}

// tellink makes a telephone number that dials, for the inside of a sentence.
func tellink(number string) template.HTML { return link(string(tel(number)), locale.Phone(number)) }

// newImage puts a photo at a place of the page, see imageSizes; alt stands in where the photo has no description.
func newImage(p Photo, place, alt string) (image, error) {
	sizes, ok := imageSizes[place]
	if !ok {
		return image{}, fmt.Errorf("%q is no place for a photo", place)
	}
	if p.Alt != "" {
		alt = p.Alt
	}
	return image{Photo: p, Alt: alt, Sizes: sizes, Eager: place == "large" || place == "whole" || place == "cover"}, nil
}

// field is one input of a form with its label, help and error.
type field struct {
	ID, Label, Value, Error                            string
	Help, Type, Autocomplete, Inputmode, Class, Rows   string
	Maxlength, Placeholder, Spellcheck, Autocapitalize string
}

// Described lists the ids of help and error for aria-describedby.
func (f field) Described() string {
	var ids []string
	if f.Error != "" {
		ids = append(ids, f.ID+"-e")
	}
	if f.Help != "" {
		ids = append(ids, f.ID+"-a")
	}
	return strings.Join(ids, " ")
}

// newField makes a field whose name is its id; options come in pairs, as {{field "nom" (t "label") .Name .Errors "type" "email"}}.
func newField(id, label, value string, e Erreurs, options ...string) (field, error) {
	f := field{ID: id, Label: label, Value: value, Error: e.For(id), Type: "text"}
	if len(options)%2 != 0 {
		return f, fmt.Errorf("field %q: options want pairs", id)
	}
	for i := 0; i < len(options); i += 2 {
		v := options[i+1]
		switch options[i] {
		case "help":
			f.Help = v
		case "type":
			f.Type = v
		case "autocomplete":
			f.Autocomplete = v
		case "inputmode":
			f.Inputmode = v
		case "class":
			f.Class = v
		case "rows":
			f.Rows = v
		case "maxlength":
			f.Maxlength = v
		case "placeholder":
			f.Placeholder = v
		case "spellcheck":
			f.Spellcheck = v
		case "autocapitalize":
			f.Autocapitalize = v
		default:
			return f, fmt.Errorf("field %q: unknown option %q", id, options[i])
		}
	}
	return f, nil
}
