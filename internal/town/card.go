package town

import (
	"math"
	"strings"

	"github.com/google/uuid"
)

// cardProtocol is the version of what towns say to each other, and of the card below.
const cardProtocol = 1

// widestKm bounds the radius that a card names: one shop with a wrong place makes no region of a town.
const widestKm = 50

// card is how a town presents itself to other towns, in the metadata of NodeInfo: where it lies, in which languages
// it writes, whom to call, and by which actor it speaks.
type card struct {
	Protocol     int       `json:"protocol"`
	Town         cardTown  `json:"town"`
	Peering      string    `json:"peering"` // "open", "approval" or "closed"
	Languages    []string  `json:"languages"`
	Legal        string    `json:"legal"`   // address of the legal notice
	Charter      string    `json:"charter"` // address of the charter, as plain text
	ContactPhone string    `json:"contactPhone,omitempty"`
	Actors       actorCard `json:"actors"`
	Active       string    `json:"active"` // where neighbours find what is live
	Shops        int       `json:"shops"`
	Latest       string    `json:"latest"`     // the newest news, for whoever looks at the town
	Neighbours   string    `json:"neighbours"` // with which towns it exchanges news
}

type cardTown struct {
	Name     string   `json:"name"`
	INSEE    []string `json:"insee"` // codes of the communes; none where the town has told none
	Lat      float64  `json:"lat"`   // degrees, WGS 84
	Lon      float64  `json:"lon"`
	RadiusKm int      `json:"radiusKm"`
}

// actorCard names the actors by which a town speaks: to other towns by its relay, to people by the groups for the town and its
// surroundings.
type actorCard struct {
	Relay  string `json:"relay"`
	Town   string `json:"town,omitempty"`
	Around string `json:"around,omitempty"`
}

// cardActors names the actors with these ids, of which the last two may be zero.
func cardActors(a Addresses, relay, town, around uuid.UUID) actorCard {
	c := actorCard{Relay: string(a.Actor(relay))}
	if town != uuid.Nil {
		c.Town = string(a.Actor(town))
	}
	if around != uuid.Nil {
		c.Around = string(a.Actor(around))
	}
	return c
}

// cardRadius is the radius that the card tells of a town whose shops lie so far from its point.
func cardRadius(km float64) int { return int(math.Ceil(min(max(km, 1), widestKm))) }

// townCard makes the card. Each request of another town waits for a person.
func townCard(a Addresses, t *Town, actors actorCard, radiusKm float64, shops int) card {
	c := card{
		Protocol: cardProtocol,
		Town: cardTown{
			Name: t.Name, INSEE: []string{}, Lat: t.Lat, Lon: t.Lon,
			RadiusKm: cardRadius(radiusKm),
		},
		Peering: "approval", Languages: []string{"fr"}, Legal: string(a.at("/mentions-legales")), Charter: string(a.at("/charte.txt")),
		ContactPhone: strings.TrimSpace(t.HelpPhone), Actors: actors,
		Active: actors.Relay + "/active", Shops: shops,
		Latest: actors.Relay + "/latest", Neighbours: actors.Relay + "/neighbours",
	}
	if t.INSEE != "" {
		c.Town.INSEE = append(c.Town.INSEE, t.INSEE)
	}
	return c
}
