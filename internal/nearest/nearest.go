// Package nearest finds the word that somebody probably meant.
package nearest

// longest is where words are cut, in letters, so that no input costs much.
const longest = 64

// To returns the candidate with the least Levenshtein distance to the word, the
// first of equals, and "" where there are no candidates.
func To(word string, candidates []string) string {
	best, least := "", 2*longest
	for _, candidate := range candidates {
		if d := distance(word, candidate); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance counts the letters to insert, delete or replace in one word to get
// the other.
func distance(one, other string) int {
	a, b := letters(one), letters(other)
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, letter := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			replaced := diagonal
			if b[j] != letter {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func letters(word string) []rune {
	runes := []rune(word)
	return runes[:min(len(runes), longest)]
}
