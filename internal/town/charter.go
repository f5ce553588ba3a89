package town

import "strings"

// MaxCharter is the greatest length of a town's charter, in runes.
const MaxCharter = 4000

// CharterWords is the town's charter, in French and plain text: its own, or the one that every town begins with. Parts are separated by
// an empty line; the first line of a part that has several is its title.
func (t *Town) CharterWords() string {
	if t.Charter != "" {
		return t.Charter
	}
	return proposedCharter
}

// CharterPart is one part of a charter.
type CharterPart struct {
	Title string   // "" for none
	Lines []string // paragraphs
}

// CharterParts takes a charter apart, a neighbour's too, whatever its lines look like.
func CharterParts(words string) []CharterPart {
	var parts []CharterPart
	for part := range strings.SplitSeq(strings.ReplaceAll(words, "\r\n", "\n"), "\n\n") {
		var lines []string
		for line := range strings.Lines(part) {
			if line = strings.TrimSpace(line); line != "" {
				lines = append(lines, line)
			}
		}
		switch len(lines) {
		case 0:
		case 1:
			parts = append(parts, CharterPart{Lines: lines})
		default:
			parts = append(parts, CharterPart{Title: lines[0], Lines: lines[1:]})
		}
	}
	return parts
}

// tidyCharter keeps nothing where the words are the proposed ones, so that a town that never wrote its own gets them as they
// are in each version of the program.
func (t *Town) tidyCharter() {
	t.Charter = strings.TrimSpace(strings.ReplaceAll(t.Charter, "\r\n", "\n"))
	if t.Charter == proposedCharter {
		t.Charter = ""
	}
}

const proposedCharter = `Qui parle ici
Les commerces, artisans, producteurs, associations et services que la mairie invite. Chacun parle en son nom et répond de ce qu’il publie.

Ce qui paraît
Ce que l’on propose, annonce ou raconte : nouvelles, offres, rendez-vous, fermetures. Le plus récent d’abord. Personne ne paie pour passer devant.

Ce qui ne paraît pas
Ce que la loi interdit, ce qui trompe, insulte ou appelle à la haine, et la vie privée d’autrui.

Qui décide
Chacun peut signaler une nouvelle. La mairie peut la retirer ; elle dit pourquoi à qui l’a écrite, et l’écoute.

Qui nous lit
On lit sans compte. Personne n’est suivi, rien n’est vendu.

Les communes voisines
Nous leur envoyons les nouvelles que leurs auteurs veulent bien leur envoyer, et nous montrons les leurs avec leur nom. Chaque mairie décide de ce qui paraît chez elle.`
