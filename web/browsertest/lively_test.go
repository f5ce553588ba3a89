package browsertest

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// lively is the first of the sample towns, with enough news for a second page, a
// conversation under a piece of news, and a way in for a merchant and for the town hall.
type lively struct {
	*town
	news               string // path of a piece of news that has replies
	toMerchant, toHall string // one-time links
}

// sampleShop is a merchant of the sample town, and the first who may sign in.
const sampleShop, sampleHandle = "Le Fournil de la Halle", "fournil"

const sampleReply = "Une tourte de côté pour samedi, s’il vous plaît."

// livelyTown runs `bourg demo` and adds to its first town.
func livelyTown(t *testing.T) *lively {
	t.Helper()
	port := freePorts(t)
	listen := "127.0.0.1:" + strconv.Itoa(port)
	l := &lively{town: prepare(t, listen, "http://localhost:"+strconv.Itoa(port))}
	l.start("demo")
	var links struct {
		TownHall string `json:"town_hall"`
		Merchant string
	}
	eventually(t, "bourg demo says how to sign in", func() error {
		for line := range strings.Lines(l.log.String()) {
			if err := json.Unmarshal([]byte(line), &links); err == nil && strings.HasPrefix(links.Merchant, l.origin) {
				return nil
			}
		}
		return fmt.Errorf("got no link of %s", l.origin)
	})
	l.toMerchant, l.toHall = links.Merchant, links.TownHall

	// Commands reach the first town by the folder that the sample towns keep theirs in.
	for i, v := range l.env {
		if strings.HasPrefix(v, "BOURG_DATA=") {
			l.env[i] = "BOURG_DATA=" + filepath.Join(l.data, "demo", "saint-laurent")
		}
	}
	for _, news := range [][2]string{
		{"cycles", "La première tournée part à 7 h 30, par les Aires-Hautes."},
		{"page_cornee", "Il reste des chaises pour la soirée de samedi."},
		{"mairie_saint_laurent", "Un trousseau de clés a été trouvé sous la halle."},
		{"potager", "Pas de tournée demain : le pont est fermé."},
		{"fontaine", "La machine à café est réparée."},
		{"boucherie", "Les inscriptions au concours de soupes sont ouvertes."},
		{"quincaillerie", "On cherche deux bras pour décharger, jeudi à 6 h."},
		{"deux_feves", "Le distributeur de la place remarche."},
	} {
		l.run("publish", "--as", news[0], "--text", news[1])
	}
	post := l.run("publish", "--as", sampleHandle, "--text", "Fougasses aux gratons à partir de 16 h.",
		"--image", "../../cmd/bourg/demo/pain.jpg", "--alt", "Deux boules de seigle et deux pains longs sur la table du fournil.")
	l.news = strings.TrimPrefix(post["url"], l.origin)
	odile := newElsewhere(t)
	odile.reply(post["id"], "Elles étaient très bonnes la dernière fois.")
	odile.reply(post["id"], sampleReply)
	return l
}

// href finds the first link on a page, seen with a session's cookie, whose path matches.
func (l *lively) href(page, cookie, pattern string) string {
	l.t.Helper()
	req, err := http.NewRequestWithContext(l.t.Context(), http.MethodGet, l.origin+page, nil)
	if err != nil {
		l.t.Fatalf("open %s: %v", page, err)
	}
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		l.t.Fatalf("open %s: %v", page, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		l.t.Fatalf("open %s: %v", page, err)
	}
	found := regexp.MustCompile(`href="(` + pattern + `)"`).FindStringSubmatch(html.UnescapeString(string(body)))
	if found == nil {
		l.t.Fatalf("open %s: got status %d and no link to %s", page, res.StatusCode, pattern)
	}
	return found[1]
}
