package town

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// deedsOf is what a step sends, in a word.
func deedsOf(deeds []ExternalDeed) string {
	types := make([]string, len(deeds))
	for i, d := range deeds {
		types[i] = d.Type
	}
	return strings.Join(types, " ")
}

// A listing from the first question to its end: who says what, what is sent, and how it stands then.
func TestAnAccountElsewhereAgreesAndLeaves(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	first, second := uuid.New(), uuid.New()
	type step struct {
		what  string
		do    func(e *External, now time.Time) []ExternalDeed
		after time.Duration
		sends string
		state ExternalState
		next  Standing
	}
	ask := step{"the town hall lists it", func(e *External, now time.Time) []ExternalDeed { return e.Ask(uuid.New(), now) }, 0, "Ask", ExternalAsked, StandingNone}
	says := func(words, sends string, state ExternalState, following Standing) step {
		return step{"it says " + words, func(e *External, now time.Time) []ExternalDeed { return e.Say(words, first, now) }, time.Hour, sends, state, following}
	}
	accepts := step{"it accepts", func(e *External, _ time.Time) []ExternalDeed { return e.Accepted(e.FollowID) }, time.Hour, "", ExternalAgreed, StandingAccepted}
	look := func(linked bool, sends string, state ExternalState, following Standing) step {
		return step{fmt.Sprint("a look, linked: ", linked), func(e *External, now time.Time) []ExternalDeed { return e.LookedAt(linked, first, now) }, 24 * time.Hour, sends, state, following}
	}
	tick := func(after time.Duration, sends string, state ExternalState, following Standing) step {
		return step{"the clock", func(e *External, now time.Time) []ExternalDeed { return e.Tick(second, now) }, after, sends, state, following}
	}
	ends := func(why Ending, sends string, state ExternalState) step {
		return step{"it ends by " + string(why), func(e *External, now time.Time) []ExternalDeed { return e.End(why, now) }, time.Hour, sends, state, StandingNone}
	}
	for name, c := range map[string]struct {
		kind  string
		steps []step
	}{
		"by an answer": {"Person", []step{
			ask, says("Bonjour, qui êtes-vous ?", "", ExternalAsked, StandingNone), says("Oui !", "Follow", ExternalAgreed, StandingPending), accepts,
			says("oui", "", ExternalAgreed, StandingAccepted), says("STOP", "Undo", ExternalRefused, StandingNone), says("oui", "", ExternalRefused, StandingNone),
		}},
		"refused": {"Person", []step{
			ask, says("non merci", "", ExternalRefused, StandingNone),
			{"the town hall insists", func(e *External, now time.Time) []ExternalDeed { return e.Ask(uuid.New(), now) }, time.Hour, "", ExternalRefused, StandingNone},
			look(true, "", ExternalRefused, StandingNone),
		}},
		"asked twice and no more": {"Person", []step{
			ask, tick(AskExpires, "", ExternalExpired, StandingNone), ask, tick(AskExpires, "", ExternalExpired, StandingNone),
			{"a third time", func(e *External, now time.Time) []ExternalDeed { return e.Ask(uuid.New(), now) }, 0, "", ExternalAsked, StandingNone},
			look(true, "Follow", ExternalAgreed, StandingPending),
		}},
		"by a link that goes": {"Group", []step{
			{"it is listed", func(e *External, now time.Time) []ExternalDeed { return e.Ask(uuid.New(), now) }, 0, "", ExternalAsked, StandingNone},
			look(false, "", ExternalAsked, StandingNone), look(true, "Follow", ExternalAgreed, StandingPending), accepts,
			look(false, "", ExternalAgreed, StandingAccepted), look(true, "", ExternalAgreed, StandingAccepted),
			look(false, "", ExternalAgreed, StandingAccepted), look(false, "Undo", ExternalEnded, StandingNone),
		}},
		"an answer needs no link": {"Person", []step{
			ask, says("d’accord", "Follow", ExternalAgreed, StandingPending), look(false, "", ExternalAgreed, StandingPending),
			look(false, "", ExternalAgreed, StandingPending), look(false, "", ExternalAgreed, StandingPending),
		}},
		"a Follow that nobody answers": {"Person", []step{
			ask, says("ok", "Follow", ExternalAgreed, StandingPending), tick(23*time.Hour, "", ExternalAgreed, StandingPending),
			tick(2*time.Hour, "Follow", ExternalAgreed, StandingPending), tick(48*time.Hour, "Follow", ExternalAgreed, StandingPending),
			tick(96*time.Hour, "Follow", ExternalAgreed, StandingPending), tick(24*time.Hour, "", ExternalAgreed, StandingPending),
			tick(10*24*time.Hour, "Undo", ExternalAgreed, StandingExpired),
		}},
		"taken off the list": {"Person", []step{
			ask, says("yes", "Follow", ExternalAgreed, StandingPending), ends(EndedByTown, "Undo", ExternalEnded),
			{"it accepts too late", func(e *External, _ time.Time) []ExternalDeed { return e.Accepted(e.FollowID) }, time.Hour, "Undo", ExternalEnded, StandingNone},
			says("oui", "", ExternalEnded, StandingNone),
		}},
		"it rejects": {"Person", []step{
			ask, says("oui", "Follow", ExternalAgreed, StandingPending),
			{"it rejects another Follow", func(e *External, now time.Time) []ExternalDeed { e.Rejected(uuid.New(), now); return nil }, time.Hour, "", ExternalAgreed, StandingPending},
			{"it rejects", func(e *External, now time.Time) []ExternalDeed { e.Rejected(e.FollowID, now); return nil }, time.Hour, "", ExternalEnded, StandingNone},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, now := &External{Type: c.kind, Trade: "fleuriste", State: ExternalAsked, Following: StandingNone}, start
			for i, s := range c.steps {
				now = now.Add(s.after)
				if got := deedsOf(s.do(e, now)); got != s.sends || e.State != s.state || e.Following != s.next {
					t.Fatalf("step %d, %s: got %q sent, %s and followed %s, want %q, %s and %s", i+1, s.what, got, e.State, e.Following, s.sends, s.state, s.next)
				}
				if e.Shown() != (s.state == ExternalAgreed) || e.Asks > MaxAsks {
					t.Errorf("step %d, %s: shown %v, asked %d times", i+1, s.what, e.Shown(), e.Asks)
				}
			}
		})
	}
}

func TestWhatIsAnsweredIsReadWithCare(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]verdict{
		"oui": yes, "OUI": yes, "Oui, avec plaisir !": yes, "ok": yes, "Ok pour moi": yes, "d'accord": yes, "D’ACCORD": yes, "yes please": yes,
		"@saintlaurent@bourg.example oui": yes, "Bonjour, oui": yes, "oui, pas de souci": yes, "volontiers": yes,
		"non": no, "Non merci": no, "no": no, "STOP": no, "stop !": no, "jamais de la vie": no, "Bonjour. Non, désolée.": no,
		"": unclear, "Pas d’accord": unclear, "je ne suis pas d'accord": unclear, "Pourquoi pas": unclear, "Qui êtes-vous ?": unclear,
		"mais oui": unclear, "Ouistiti": unclear, "Nonobstant": unclear, "I do not agree": unclear, "👍": unclear, "@oui@evil.example bonjour": unclear,
	} {
		if got := readAnswer(text); got != want {
			t.Errorf("%q: got %d, want %d", text, got, want)
		}
	}
}

func TestALinkToTheTownIsToItsOwnPages(t *testing.T) {
	t.Parallel()
	a := testAddresses(t)
	home := string(a.at("/"))
	for link, want := range map[string]bool{
		home: true, strings.TrimSuffix(home, "/"): true, strings.ToUpper(home): true, home + "commerces": true, home + "en": true, home + "#x": true,
		home + "@laurent": true, home + "@fournil": false, home + "x": false, "https://evil.example/?" + home: false,
		strings.TrimSuffix(home, "/") + ".evil.example/": false, "": false,
	} {
		if got := a.namesTown([]string{"https://other.example/", link}, "laurent"); got != want {
			t.Errorf("%s: got %v, want %v", link, got, want)
		}
	}
}

func TestWaysToAnAccount(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"@a@b.example":               "@a@b.example",
		"!villages@lemmy.example":    "https://lemmy.example/c/villages @villages@lemmy.example",
		"agenda.example":             "@relay@agenda.example agenda.example",
		"https://agenda.example/":    "@relay@agenda.example https://agenda.example/",
		"https://b.example/@a":       "https://b.example/@a",
		"https://b.example/author/a": "https://b.example/author/a",
	} {
		if got := strings.Join(waysTo(typed), " "); got != want {
			t.Errorf("%s: got %s, want %s", typed, got, want)
		}
	}
}
