package town

import "fmt"

// Names are what other servers know a town by, for good: ids are made of the host, and people remember handles.
type Names struct {
	Host   string // of ids, with its port where it has one
	Domain string // of handles
}

// Names are those that the settings give the town.
func (a Addresses) Names() Names { return Names{Host: a.Base.Host, Domain: a.Domain()} }

// Changed is an error that says what has changed since the town was first known, and nil where nothing has.
func (n Names) Changed(first Names) error {
	switch {
	case n.Host != first.Host:
		return fmt.Errorf("the town was known as %s, and BOURG_URL now says %s: other servers will not find its shops again", first.Host, n.Host)
	case n.Domain != first.Domain:
		return fmt.Errorf("the shops were @name@%s, and are now @name@%s: people and servers that know the old addresses will not find them", first.Domain, n.Domain)
	}
	return nil
}
