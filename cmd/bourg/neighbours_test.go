package main_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// neighbourLine is what `bourg neighbour list` prints of one town.
type neighbourLine struct {
	Domain, Name, Outgoing, Incoming, Mode, Health string
	DistanceKm                                     *float64 `json:"distance_km"`
	LastExchange                                   *string  `json:"last_exchange"`
}

// neighbours lists a town's neighbours by domain.
func (tw *town) neighbours() map[string]neighbourLine {
	tw.t.Helper()
	res := tw.try("neighbour", "list")
	var list []neighbourLine
	if err := json.Unmarshal([]byte(res.stdout), &list); err != nil {
		tw.t.Fatalf("bourg neighbour list: got %q and %q: %v", res.stdout, res.stderr, err)
	}
	by := map[string]neighbourLine{}
	for _, n := range list {
		by[n.Domain] = n
	}
	return by
}

// awaitStanding waits until a town stands with another as it should.
func (tw *town) awaitStanding(other *town, outgoing, incoming string) {
	tw.t.Helper()
	eventually(tw.t, fmt.Sprintf("%s has %s %s/%s", tw.host, other.host, outgoing, incoming), func() error {
		got := tw.neighbours()[other.host]
		if got.Outgoing != outgoing || got.Incoming != incoming {
			return fmt.Errorf("got %s/%s", got.Outgoing, got.Incoming)
		}
		return nil
	})
}

// TestTwoTownsExchangeNews takes two towns from the first request to the end of their exchange.
func TestTwoTownsExchangeNews(t *testing.T) {
	t.Parallel()
	laurent := startTown(t)
	vernede := startTown(t, with("BOURG_TOWN_NAME", "Vernède"), with("BOURG_TOWN_HANDLE", "vernede"), with("BOURG_TOWN_INSEE", "30344"),
		with("BOURG_TOWN_LAT", "44.25"), with("BOURG_TOWN_LON", "4.45"))
	laurent.run("merchant", "add", "--handle", "fournil", "--name", "Le Fournil", "--trade", "boulangerie")

	laurent.run("publish", "--as", "fournil", "--text", "Avant la rencontre.")
	laurent.run("publish", "--as", "fournil", "--text", "Avant, et pour le bourg seulement.", "--reach", "town")

	vernede.run("neighbour", "add", laurent.url.String(), "--message", "Bonjour, nos marchés se touchent.")
	laurent.awaitStanding(vernede, "none", "pending")
	eventually(t, "the town hall sees who asks", func() error {
		if got := laurent.neighbours()[vernede.host]; got.Name != "Vernède" || got.DistanceKm == nil {
			return fmt.Errorf("got %+v", got)
		}
		return nil
	})
	laurent.run("neighbour", "accept", vernede.host)
	vernede.awaitStanding(laurent, "accepted", "none")
	if got := vernede.neighbours()[laurent.host]; got.DistanceKm == nil || *got.DistanceKm < 8 || *got.DistanceKm > 10 || got.Name != "Saint-Laurent-sur-Cèze" {
		t.Errorf("the neighbour: got %+v, want Saint-Laurent-sur-Cèze at about 9.4 km", got)
	}

	eventually(t, "what was there before is filled in", func() error { return vernede.shows("/voisins", "Avant la rencontre.") })
	if err := vernede.shows("/voisins", "pour le bourg seulement"); err == nil {
		t.Error("what stays in its town is filled in elsewhere")
	}

	post := laurent.run("publish", "--as", "fournil", "--text", "Fournée de seigle ce matin.")
	laurent.run("publish", "--as", "fournil", "--text", "Pour le bourg seulement.", "--reach", "town")
	eventually(t, "the news is in the other town", func() error { return vernede.shows("/voisins", "Fournée de seigle ce matin.") })
	if err := vernede.shows("/voisins", "Pour le bourg seulement."); err == nil {
		t.Error("what stays in its town is shown in another")
	}
	laurent.run("edit", post["id"].(string), "--text", "Il reste du seigle.")
	eventually(t, "the edit is in the other town", func() error { return vernede.shows("/voisins", "Il reste du seigle.") })
	laurent.run("withdraw", post["id"].(string))
	eventually(t, "the withdrawal is in the other town", func() error {
		if err := vernede.shows("/voisins", "Il reste du seigle."); err == nil {
			return fmt.Errorf("it is still shown")
		}
		return nil
	})

	laurent.run("publish", "--as", "fournil", "--text", "Demain, du pain d’épeautre.")
	eventually(t, "more news", func() error { return vernede.shows("/voisins", "épeautre") })
	vernede.run("neighbour", "remove", laurent.host)
	eventually(t, "a removed neighbour's news is hidden", func() error { // the town hears of it from another process
		if err := vernede.shows("/voisins", "épeautre"); err == nil {
			return fmt.Errorf("it is still shown")
		}
		return nil
	})
	laurent.awaitStanding(vernede, "none", "none")
}

// shows tells whether a page has a text.
func (tw *town) shows(path, text string) error {
	tw.t.Helper()
	res, err := http.Get(tw.at(path))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK || !strings.Contains(string(body), text) {
		return fmt.Errorf("%s answers %d without %q", path, res.StatusCode, text)
	}
	return nil
}
