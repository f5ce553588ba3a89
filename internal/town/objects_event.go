package town

import (
	"html"
	"strings"
	"time"
	"unicode/utf8"

	"bourg/federation"
)

// event makes an Event as FEP-8a8e describes it, in the dialect that Mobilizon and Gancio read:
// one location, coordinates with a decimal point, the banner first among the attachments.
func (k *kindObject) event() {
	p, e := k.post, orEmpty(k.post.Event)
	from, to := k.times()
	k.Name = p.Title
	where := k.where(e)
	span := eventSpan(from, to)
	k.Summary = k.eventSummary(e, span, where)
	headline := upperFirst(span)
	if status := eventWord(e.Status); status != "" {
		headline = status + " — " + headline
	}
	k.text = "<p><strong>" + html.EscapeString(headline) + "</strong>" + brIf(where) + "</p>" + k.text
	var link string
	if e.Link != "" {
		link = `En savoir plus` + nbsp + `: <a href="` + html.EscapeString(e.Link) + `" rel="nofollow noopener">` + html.EscapeString(e.Link) + "</a>"
	}
	k.lines("", "", k.telephone(), link)
	if to.IsZero() { // it must have an end for machines, which people need not see
		k.EndTime = LastMoment(from)
		if !k.EndTime.After(from) {
			k.EndTime = from.Add(time.Hour)
		}
		k.Extra["displayEndTime"] = false
	}
	actor := string(k.AttributedTo)
	status, short := eventStatus(e.Status)
	for name, value := range map[string]any{
		"actor":       actor,
		"organizers":  map[string]any{"type": "Collection", "id": string(k.ID) + "/organizers", "totalItems": 1, "items": []any{actor}},
		"contacts":    []any{actor},
		"mediaType":   "text/html",
		"timezone":    k.loc.String(),
		"eventStatus": status, "status": short, "ical:status": short,
		"joinMode": "external", "externalParticipationUrl": participation(e, k.URL),
		"commentsEnabled": true, "repliesModerationOption": "allow_all",
		"isOnline": false, "draft": false, "inLanguage": p.Language,
		"uuid": p.ID.String(),
	} {
		k.Extra[name] = value
	}
	set(k.Extra, "category", e.Category)
	k.locate(e)
	k.banner()
}

// participation is where people say that they come: the organiser's page, or ours, which tells how to reach the shop.
func participation(e *EventDetails, page federation.IRI) string {
	if e.Link != "" {
		return e.Link
	}
	return string(page) + "#contact"
}

// banner makes the first photo the event's banner and adds the link to its page, both in the form
// that Mobilizon reads. What the photo shows stands in its summary, where Mastodon looks first.
func (k *kindObject) banner() {
	if len(k.Attachments) > 0 {
		first := &k.Attachments[0]
		first.Summary, first.Name, first.FocalPoint = first.Name, "Banner", &[2]float64{}
	}
	k.Attachments = append(k.Attachments, federation.Image{Type: "Link", URL: k.URL, MediaType: "text/html", Name: "Website"})
}

// summaryMax is how long the summary of an event is at most: it is what Mastodon shows of it, on one line.
const summaryMax = 120

// eventSummary says when and where, as far as it fits.
func (k *kindObject) eventSummary(e *EventDetails, span, where string) string {
	if word := eventWord(e.Status); word != "" {
		span = word + " — " + span
	}
	if where == "" {
		return cutRunes(span, summaryMax)
	}
	department := k.town.department()
	full := span + " — " + where
	if department != "" && utf8.RuneCountInString(full)+len(department)+3 <= summaryMax {
		return full + " (" + department + ")"
	}
	if utf8.RuneCountInString(full) > summaryMax {
		return strings.TrimRight(cutRunes(full, summaryMax-1), " ,—") + "…"
	}
	return full
}

// where is the place with its address and the town.
func (k *kindObject) where(e *EventDetails) string {
	place := e.Place
	switch {
	case place == "" && e.Address == "":
		place = k.post.Merchant.Name
		if k.post.Merchant.Address != "" {
			place += ", " + k.post.Merchant.Address
		}
	case place != "" && e.Address != "":
		place += ", " + e.Address
	case place == "":
		place = e.Address
	}
	return inTown(place, k.town)
}

// department is the number of the town's department: the beginning of its commune's code.
func (t *Town) department() string {
	switch {
	case len(t.INSEE) < 5:
		return ""
	case strings.HasPrefix(t.INSEE, "97"), strings.HasPrefix(t.INSEE, "98"):
		return t.INSEE[:3]
	default:
		return t.INSEE[:2]
	}
}

func brIf(line string) string {
	if line == "" {
		return ""
	}
	return "<br>" + html.EscapeString(line)
}

// eventWord says what has become of an event.
func eventWord(s EventStatus) string {
	switch s {
	case EventCancelled:
		return "Annulé"
	case EventPostponed:
		return "Reporté à une date à fixer"
	case EventRescheduled:
		return "Nouvelle date"
	default:
		return ""
	}
}

// eventStatus is the status in FEP-8a8e's words and in iCalendar's.
func eventStatus(s EventStatus) (fep, ical string) {
	switch s {
	case EventCancelled:
		return "EventCancelled", "CANCELLED"
	case EventPostponed:
		return "EventPostponed", "TENTATIVE"
	case EventRescheduled:
		return "EventRescheduled", "CONFIRMED"
	default:
		return "EventScheduled", "CONFIRMED"
	}
}

// locate says where it is: at the event's own place, or at the shop.
func (k *kindObject) locate(e *EventDetails) {
	if e == nil || e.Place == "" && e.Address == "" {
		place := placeTerm(k.a, k.town, k.post.Merchant)
		if place == nil && e != nil { // an event has a place, if only the town
			place = map[string]any{"type": "Place", "name": k.post.Merchant.Name, "address": k.postalAddress("")}
		}
		if place != nil {
			k.Extra["location"] = place
		}
		return
	}
	name, street := e.Place, e.Address
	if name == "" {
		name = street
	}
	if street == "" {
		street = e.Place
	}
	place := map[string]any{"type": "Place", "name": name, "address": k.postalAddress(street)}
	if e.Lat != nil && e.Lon != nil {
		place["latitude"], place["longitude"] = federation.Float(*e.Lat), federation.Float(*e.Lon)
	}
	k.Extra["location"] = place
}

// postalAddress is a street of the town.
func (k *kindObject) postalAddress(street string) map[string]any {
	address := map[string]any{"type": "PostalAddress", "addressCountry": "France"}
	set(address, "streetAddress", street)
	set(address, "addressLocality", k.town.Name)
	return address
}
