package main_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestNeighboursNewsWhereResidentsRead takes news of all sorts from one town into the thread, the agenda, the search and the feeds of
// another, and out of them again.
func TestNeighboursNewsWhereResidentsRead(t *testing.T) {
	t.Parallel()
	laurent := startTown(t)
	vernede := startTown(t, with("BOURG_TOWN_NAME", "Vernède"), with("BOURG_TOWN_HANDLE", "vernede"), with("BOURG_TOWN_INSEE", "30344"),
		with("BOURG_TOWN_LAT", "44.25"), with("BOURG_TOWN_LON", "4.45"))
	laurent.run("merchant", "add", "--handle", "fournil", "--name", "Le Fournil", "--trade", "boulangerie")
	vernede.run("merchant", "add", "--handle", "cave", "--name", "La Cave", "--trade", "cave")
	vernede.run("publish", "--as", "cave", "--text", "Le primeur est arrivé.")
	laurent.run("neighbour", "accept", vernede.url.String())
	vernede.run("neighbour", "add", laurent.url.String())
	vernede.awaitStanding(laurent, "accepted", "none")

	file := filepath.Join(t.TempDir(), "pain.jpg")
	if err := os.WriteFile(file, picture(t, "jpeg", "marquetenue"), 0o600); err != nil {
		t.Fatal(err)
	}
	news := laurent.run("publish", "--as", "fournil", "--text", "Fournée de châtaignes.", "--image", file, "--alt", "Deux boules sur la table.")
	laurent.run("publish", "--as", "fournil", "--kind", "offer", "--title", "La fournée du soir", "--text", "Dès 17 h.", "--price", "1",
		"--until", time.Now().AddDate(0, 0, 3).Format(time.DateOnly))
	at := time.Now().Add(72 * time.Hour).Truncate(time.Hour)
	laurent.run("publish", "--as", "fournil", "--kind", "event", "--title", "Marché de Noël", "--text", "Vingt étals.", "--from", at.Format(time.RFC3339), "--place", "Halle")

	eventually(t, "the picture is copied", func() error { return vernede.shows("/", `alt="Deux boules sur la table."`) })
	eventually(t, "the shop is known", func() error { return vernede.shows("/", "Le Fournil") })
	thread := vernede.read("/")
	for _, want := range []string{
		"Le Fournil", "Fournée de châtaignes.", `class="enseigne t-brique"`, // the trade's own sign
		`class="ardoise"`, "La fournée du soir", "Dès 17 h.", `class="panneau"`, "Saint-Laurent-sur-Cèze", "à 9,", "Le primeur est arrivé.",
		news["url"].(string),
	} {
		if !strings.Contains(thread, want) {
			t.Errorf("the thread: no %q", want)
		}
	}
	if n := strings.Count(thread, "Fournée de châtaignes."); n != 1 {
		t.Errorf("the thread says it %d times, want once", n)
	}
	if strings.Contains(thread, "Pour réserver ou demander") {
		t.Error("the slate says what is there for other networks")
	}
	sources := regexp.MustCompile(`(?:src|srcset)="([^"]+)"`).FindAllStringSubmatch(thread, -1)
	for _, s := range sources {
		if strings.Contains(s[1], "://") {
			t.Errorf("the thread asks a reader's browser for %s", s[1])
		}
	}
	for _, c := range []struct {
		path       string
		with, none []string
	}{
		{"/?l=bourg", []string{"Le primeur est arrivé."}, []string{"Fournée de châtaignes."}},
		{"/?l=voisins", []string{"Fournée de châtaignes.", "/alentours.xml"}, []string{"Le primeur est arrivé."}},
		{"/agenda", []string{"Marché de Noël", "Halle", "panneau", "/agenda.ics?l=tout"}, nil},
		{"/agenda?l=bourg", nil, []string{"Marché de Noël"}},
		{"/agenda?g=marche", []string{"Marché de Noël"}, nil},
		{"/recherche?q=chataigne", []string{"Fournée de châtaignes.", "Chez les voisins"}, nil},
		{"/alentours.xml", []string{news["id"].(string), "Fournée de châtaignes."}, []string{"Le primeur est arrivé."}},
		{"/atom.xml", []string{"Le primeur est arrivé."}, []string{"Fournée de châtaignes."}},
		{"/agenda.ics", nil, []string{"Marché de Noël"}},
		{"/agenda.ics?l=tout", []string{"Marché de Noël"}, nil},
		{"/en/?l=voisins", []string{"Read on the site of"}, nil},
	} {
		body := vernede.read(c.path)
		for _, want := range c.with {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %q", c.path, want)
			}
		}
		for _, not := range c.none {
			if strings.Contains(body, not) {
				t.Errorf("%s: got %q, want none", c.path, not)
			}
		}
	}

	copied := regexp.MustCompile(`src="(/media/[^"]+)"`).FindStringSubmatch(thread)
	if copied == nil {
		t.Fatal("the thread has no copy of the picture")
	}
	if body := vernede.read(copied[1]); strings.Contains(body, "marquetenue") {
		t.Error("the copy is the file as it came")
	}
	laurent.run("withdraw", news["id"].(string))
	eventually(t, "the withdrawal empties the thread", func() error {
		if err := vernede.shows("/", "Fournée de châtaignes."); err == nil {
			return fmt.Errorf("it is still shown")
		}
		return nil
	})
	eventually(t, "the copy goes", func() error {
		res, err := http.Get(vernede.at(copied[1]))
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusNotFound {
			return fmt.Errorf("%s answers %d", copied[1], res.StatusCode)
		}
		return nil
	})
	vernede.run("neighbour", "remove", laurent.host)
	eventually(t, "a removed neighbour's news is hidden", func() error {
		if err := vernede.shows("/", "La fournée du soir"); err == nil {
			return fmt.Errorf("it is still shown")
		}
		return nil
	})
}

// read gets what lies at an address.
func (tw *town) read(path string) string {
	tw.t.Helper()
	body, err := tw.page(path)
	if err != nil {
		tw.t.Fatal(err)
	}
	return body
}
