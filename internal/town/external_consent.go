package town

import (
	"slices"
	"strings"
	"unicode"
)

// verdict is what somebody answered.
type verdict int

const (
	unclear verdict = iota
	yes
	no
)

// yesWords and noWords decide an answer; doubts say that it is not to be decided by a program. They are written as fold
// leaves them: lower case, no accents, no apostrophes.
var (
	yesWords = []string{"oui", "ouais", "ok", "okay", "okey", "daccord", "accord", "volontiers", "yes", "yep", "sure"}
	noWords  = []string{"non", "no", "nope", "stop", "jamais", "never", "refuse", "arret", "arretez"}
	doubts   = []string{"pas", "ne", "ni", "not", "dont", "mais", "but", "sauf", "pourquoi", "why", "quoi"}
)

// readAnswer reads an answer to the question whether somebody wants to be shown, from its plain text. The first word that
// decides counts; a doubt before it, and a question without a word that decides, leave it to a person.
func readAnswer(text string) verdict {
	for _, word := range strings.Fields(text) {
		if strings.HasPrefix(word, "@") { // whom it is written to
			continue
		}
		for _, w := range answerWords(word) {
			switch {
			case slices.Contains(doubts, w):
				return unclear
			case slices.Contains(yesWords, w):
				return yes
			case slices.Contains(noWords, w):
				return no
			}
		}
	}
	return unclear
}

// plainLetters are the accents and ligatures that answers are written with.
var plainLetters = strings.NewReplacer("é", "e", "è", "e", "ê", "e", "à", "a", "â", "a", "ô", "o", "î", "i", "ç", "c", "'", "", "’", "")

// answerWords are the words in what stands between two spaces.
func answerWords(s string) []string {
	return strings.FieldsFunc(plainLetters.Replace(strings.ToLower(s)), func(r rune) bool { return !unicode.IsLetter(r) })
}

// namesTown tells whether one of the addresses to which a profile links is this town's: its first page, its directory, or
// the page of its own account.
func (a Addresses) namesTown(links []string, handle string) bool {
	own := []string{string(a.at("")), string(a.at("/commerces")), string(a.at("/en")), string(a.at("/en/commerces"))}
	if handle != "" {
		own = append(own, string(a.Profile(handle)))
	}
	return slices.ContainsFunc(links, func(link string) bool {
		link, _, _ = strings.Cut(link, "#")
		link = strings.TrimRight(link, "/")
		return slices.ContainsFunc(own, func(o string) bool { return strings.EqualFold(o, link) })
	})
}
