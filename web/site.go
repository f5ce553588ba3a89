package web

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Site is what every page says of the town. Before the set-up, Name is empty.
type Site struct {
	URL           string         // public base address without a slash at the end, "https://saint-laurent.example"
	Name          string         // "Saint-Laurent-sur-Cèze"
	Handle        string         // what residents follow, "@bourg@saint-laurent.example"; empty as long as the town itself cannot be followed
	Colour        string         // the town's colour, "#rrggbb"; empty for the default one
	ArmsURL       string         // address of the coat of arms; empty for the default one
	HelpPhone     string         // the town hall's telephone; empty when there is none
	HelpHours     string         // when it answers, in words: « de 9 h à 12 h »; may be empty
	HelpEmail     string         // the town hall's e-mail address; may be empty
	Accessibility Conformity     // what the law makes the footer say
	Zone          *time.Location // the town's time zone; nil means UTC
}

// Conformity is one of the three states that a French public site has to declare (law 2005-102, article 47; decree 2019-768).
type Conformity int

// The three states. Without a valid audit a site is NotConforming, hence the zero value.
const (
	NotConforming Conformity = iota
	PartlyConforming
	FullyConforming
)

// shortNameLength is what fits beside the coat of arms on a screen of 360 pixels, in letters.
const shortNameLength = 20

// ShortName is the town's name for narrow screens: « Saint-Laurent » for « Saint-Laurent-sur-Cèze ».
func (s Site) ShortName() string {
	name := s.Name
	if utf8.RuneCountInString(name) <= shortNameLength {
		return name
	}
	cut := len(name)
	lower := strings.ToLower(name)
	for _, link := range []string{"-sur-", "-sous-", "-en-", "-lès-", "-lez-", "-les-", "-devant-", "-près-", "-aux-", "-de-", "-du-", "-d’", "-d'", "-la-", "-le-", " sur ", " en "} {
		if i := strings.LastIndex(lower, link); i > 3 && i < cut && len(lower) == len(name) {
			cut = i
		}
	}
	return name[:cut]
}
