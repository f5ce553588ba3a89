package town

import (
	"html"
	"strconv"
	"strings"

	"bourg/federation"
)

// This file makes the documents of groups. Whoever follows one of them from Mastodon gets boosts: what it announces, how
// much a day at most, and who runs it stand in the profile, where readers look before they follow.

// groupDocument makes the document of a group.
func groupDocument(a Addresses, toHTML func(string) string, town *Town, g *Group) *federation.Actor {
	g.called(town)
	actor := baseActor(a, g.ID, g.Handle, g.Keys)
	actor.Type = "Group"
	actor.Name = g.title(town)
	actor.Summary = toHTML(strings.Join(groupLines(town, g), "\n\n"))
	actor.URL = a.Profile(g.Handle)
	actor.Published = g.Created
	actor.Discoverable, actor.Indexable = g.On, g.On
	actor.Featured = actor.ID + "/featured"
	for _, f := range []struct{ name, text string }{
		{"Où", g.Where}, {"Quand", g.When}, {"Tenu par", "Mairie " + ofPlace(town.Name)},
	} {
		if f.text != "" {
			actor.Fields = append(actor.Fields, federation.Field{Name: f.name, Value: html.EscapeString(f.text)})
		}
	}
	actor.Extra["bourg:insee"] = town.INSEE
	if g.Trade != "" {
		actor.Extra["bourg:categories"] = []string{g.Trade}
	}
	return actor
}

// groupLines say what a group announces, how often, and who runs it.
func groupLines(town *Town, g *Group) []string {
	var lines []string
	if g.Summary != "" {
		lines = append(lines, g.Summary)
	}
	lines = append(lines, groupSentence(town, g))
	if !g.On {
		return append(lines, "Cette page est fermée : elle ne relaie plus rien.")
	}
	return append(lines,
		"Chaque nouvelle est relayée une fois : "+strconv.Itoa(DailyAnnounces)+nbsp+"par jour au plus, "+strconv.Itoa(DailyAnnouncesMerchant)+
			nbsp+"par commerce. Les autres sont réunies dans un récapitulatif, à "+strconv.Itoa(SummaryHour)+nbsp+"h.",
		"Cette page est tenue par la mairie "+ofPlace(town.Name)+". Elle ne lit pas les messages : écrivez aux commerces eux-mêmes.")
}

// groupSentence says whose news a group announces.
func groupSentence(town *Town, g *Group) string {
	switch g.Kind {
	case GroupAround:
		return "Les nouvelles des commerces " + ofPlace(town.Name) + " et des communes voisines."
	case GroupMarket:
		said := "Les nouvelles de ceux qui tiennent un étal au marché"
		for _, part := range []string{g.When, g.Where} {
			if part != "" {
				said += ", " + lowerFirst(part)
			}
		}
		return sentence(said)
	case GroupCollective:
		return "Les nouvelles des membres" + nbsp + ": " + sentence(g.Name)
	case GroupTrade:
		return "Les nouvelles de la rubrique «" + nbsp + g.Name + nbsp + "» " + ofPlace(town.Name) + "."
	default:
		return "Les nouvelles de tous les commerces " + ofPlace(town.Name) + "."
	}
}

// groupCard is the Note that stands in a group's featured collection, so that who has just followed finds what will come.
func groupCard(a Addresses, toHTML func(string) string, town *Town, g *Group) *federation.Object {
	g.called(town)
	actor := a.Actor(g.ID)
	lines := append([]string{g.title(town)}, groupLines(town, g)...)
	o := &federation.Object{
		ID: actor + "/card", Type: "Note", AttributedTo: actor, URL: a.Profile(g.Handle),
		Content: toHTML(strings.Join(append(lines, string(a.Profile(g.Handle))), "\n\n")), Language: "fr",
		To: []federation.IRI{federation.Public}, Cc: []federation.IRI{actor + "/followers"},
		Published: g.Created,
	}
	if g.Updated.After(g.Created) {
		o.Updated = g.Updated
	}
	return o
}

// ofPlace puts « de » before the name of a commune: « de Sauzé », « d’Anduze », « du Vigan », « des Arcs », « de La Rochelle ».
func ofPlace(name string) string {
	for article, of := range map[string]string{"Le ": "du ", "Les ": "des "} {
		if rest, ok := strings.CutPrefix(name, article); ok {
			return of + rest
		}
	}
	if first := []rune(name + " ")[0]; strings.ContainsRune("AEIOUYÂÀÉÈÊËÎÏÔÛÜŒaeiouyâàéèêëîïôûüœ", first) || silentH(name) {
		return "d’" + name
	}
	return "de " + name
}

// silentH tells whether the H that a name begins with is silent, as in nearly all that are no Hameau, Haut, Haye and their like.
func silentH(name string) bool {
	for _, begins := range []string{"Hé", "Hi", "Hy", "Hu"} {
		if strings.HasPrefix(name, begins) {
			return true
		}
	}
	return false
}

func lowerFirst(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return s
	}
	return strings.ToLower(string(r[:1])) + string(r[1:])
}
