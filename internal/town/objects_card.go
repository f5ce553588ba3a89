package town

import (
	"strings"
	"time"

	"bourg/federation"
	"bourg/internal/hours"
)

// cardObject is the Note that stands first in a merchant's featured collection, so that
// whoever has just followed finds hours, address and telephone in place of an empty profile.
// Special hours stand on it from NoticeDays before they begin until they are over; it was updated when that, or what the merchant
// says, last changed.
func cardObject(a Addresses, media MediaAddress, toHTML func(string) string, town *Town, m *Merchant, now time.Time) *federation.Object {
	actor, schedule := a.Actor(m.ID), m.Schedule(town, town.Location())
	var lines []string
	if m.Summary != "" {
		lines = append(lines, m.Summary)
	}
	for _, l := range []struct{ label, text string }{
		{"Horaires", hoursSentence(m, "\n")},
		{"Horaires exceptionnels", strings.Join(specialSentences(schedule, hours.DateOf(now.In(schedule.Zone))), "\n")},
		{"Adresse", m.FullAddress(town.Name)}, {"Téléphone", pairs(m.Phone)},
	} {
		if l.text != "" {
			lines = append(lines, l.label+nbsp+": "+l.text)
		}
	}
	if len(lines) == 0 {
		lines = append(lines, m.Name)
	}
	o := &federation.Object{
		ID: actor + "/card", Type: "Note", AttributedTo: actor,
		URL:     a.Profile(m.Handle),
		Content: toHTML(strings.Join(lines, "\n\n")), Language: "fr",
		To: []federation.IRI{federation.Public}, Cc: []federation.IRI{actor + "/followers"},
		Published: m.Created,
	}
	if m.Updated.After(m.Created) {
		o.Updated = m.Updated
	}
	if turn := lastTurn(schedule, now); turn.After(m.Updated) && turn.After(m.Created) {
		o.Updated = turn
	}
	if m.Cover != nil {
		v := m.Cover.JPEG(1280)
		o.Attachments = []federation.Image{{
			Type: "Document", URL: media(v.File), MediaType: v.MediaType,
			Name: m.Cover.Alt, Width: v.Width, Height: v.Height,
		}}
	}
	return o
}
