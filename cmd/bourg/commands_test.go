package main_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Every command prints JSON when it succeeds, and one sentence and nothing else when it
// fails, with a server running beside it and without one.
func TestTheCommandLine(t *testing.T) {
	t.Parallel()
	for name, serving := range map[string]bool{"alone": false, "beside a server": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tw := newTown(t, privatePostgres)
			if serving {
				tw.start()
			}
			everyCommand(t, tw)
			if !serving {
				if left := postgresOf(t, tw.data); len(left) > 0 {
					t.Errorf("after the last command PostgreSQL still runs: %v", left)
				}
			}
		})
	}
}

func everyCommand(t *testing.T, tw *town) {
	t.Helper()
	if got := text(tw.run("version"), "version"); got == "" {
		t.Error("version: got none")
	}
	tw.run("migrate")
	tw.run("doctor")
	admin := tw.run("admin", "add", "--email", "Mairie@Saint-Laurent.example")
	if got := text(admin, "email"); got != "mairie@saint-laurent.example" {
		t.Errorf("admin add: got email %q", got)
	}
	link(t, tw, "admin add", text(admin, "sign_in"))
	shop := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie", "--email", "fournil@saint-laurent.example",
		"--phone", "04 65 71 20 12", "--address", "4 place de la Fontaine", "--lat", "44.17", "--lon", "4.49")
	link(t, tw, "merchant add", shop.SignIn)
	if want := tw.at("/@fournil"); shop.Handle != "fournil" || shop.URL != want || !strings.HasPrefix(shop.Actor, tw.at("/actors/")) {
		t.Errorf("merchant add: got %+v, want the page %s and an actor's id", shop, want)
	}
	post := tw.publish("fournil", "Fournée de seigle.", "--kind", "news", "--reach", "region", "--image", photoFile(t), "--alt", "Du pain.")
	bare, found := strings.CutPrefix(post.ID, tw.at("/posts/"))
	if !found || post.URL != tw.at("/@fournil/"+bare) {
		t.Errorf("publish: got %+v, want an id below %s and its page", post, tw.at("/posts/"))
	}
	for _, name := range []string{post.ID, post.URL, bare} {
		if got := text(tw.run("edit", name, "--text", "Fournée de seigle et d'épeautre."), "id"); got != post.ID {
			t.Errorf("edit %s: got id %q, want %q", name, got, post.ID)
		}
	}
	tw.run("withdraw", bare)
	queue := tw.run("queue")
	if _, isList := queue["hosts"].([]any); number(queue, "waiting") != 0 || !isList {
		t.Errorf("queue: got %v, want 0 waiting and a list of hosts", queue)
	}
	if got := tw.run("block", "spam.example"); got["ok"] != true {
		t.Errorf("block: got %v, want ok", got)
	}
	tw.run("unblock", "spam.example")
	refusals(t, tw, post)
}

// refusals are what a command must not do, with a word that the sentence must hold.
func refusals(t *testing.T, tw *town, withdrawn posted) {
	t.Helper()
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"publish", "--as", "nobody", "--text", "Bonjour."}, "nobody"},
		{[]string{"publish", "--as", "fournil", "--text", "  "}, "text"},
		{[]string{"publish", "--as", "fournil", "--text", "Bonjour.", "--reach", "universe"}, "reach"},
		{[]string{"publish", "--as", "fournil", "--text", strings.Repeat("long ", 2000)}, "text"},
		{[]string{"publish", "--as", "fournil", "--text", "Bonjour.", "--image", "/nonexistent.jpg"}, "nonexistent"},
		{[]string{"publish", "--text", "Bonjour."}, "--as"},
		{[]string{"merchant", "add", "--handle", "fournil", "--name", "Un autre", "--trade", "boulangerie"}, "fournil"},
		{[]string{"merchant", "add", "--handle", "Été", "--name", "Été", "--trade", "boulangerie"}, "handle"},
		{[]string{"merchant", "add", "--handle", "pain", "--name", "Pain", "--trade", "boulangeri"}, "boulangerie"},
		{[]string{"admin", "add", "--email", "mairie"}, "email"},
		{[]string{"edit", withdrawn.ID, "--text", "Encore."}, "withdrawn"},
		{[]string{"withdraw", withdrawn.ID}, "withdrawn"},
		{[]string{"withdraw", "https://elsewhere.example/posts/0192f3b0-0000-7000-8000-000000000000"}, "town"},
		{[]string{"withdraw", "nonsense"}, "nonsense"},
		{[]string{"unblock", "friend.example"}, "friend.example"},
		{[]string{"block", "///"}, "domain"},
		{[]string{"dance"}, "dance"},
	} {
		got := tw.try(c.args...)
		line := strings.TrimSpace(got.stderr)
		if got.code == 0 || got.stdout != "" || line == "" || strings.Contains(line, "\n") || !strings.Contains(line, c.says) {
			t.Errorf("bourg %s: got code %d, stdout %q, stderr %q; want a code, no stdout and one sentence with %q",
				strings.Join(c.args, " "), got.code, got.stdout, got.stderr, c.says)
		}
	}
	for _, c := range []struct{ variable, says string }{
		{"BOURG_URL=ftp://bourg.example", "BOURG_URL"},
		{"BOURG_LISTNE=127.0.0.1:1", "BOURG_LISTEN"},
		{"BOURG_PEER_NETWORKS=everywhere", "BOURG_PEER_NETWORKS"},
		{"BOURG_UNDO_WINDOW=-3s", "BOURG_UNDO_WINDOW"},
		{"BOURG_REPLIES=perhaps", "BOURG_REPLIES"},
	} {
		cmd := tw.command("queue")
		cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], c.variable)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		line := ""
		if err := cmd.Run(); err != nil {
			line = strings.TrimSpace(stderr.String())
		}
		if line == "" || strings.Contains(line, "\n") || !strings.Contains(line, c.says) {
			t.Errorf("with %s: got %q, want a failure and one sentence that names %s", c.variable, line, c.says)
		}
	}
}

// link checks that a sign-in link is one of the town's.
func link(t *testing.T, tw *town, command, address string) {
	t.Helper()
	if !strings.HasPrefix(address, tw.at("/")) || len(address) < len(tw.at("/"))+20 {
		t.Errorf("%s: got the sign-in link %q, want an unguessable one below %s", command, address, tw.url)
	}
}

// newsOfNeighbour is how much of a neighbour /voisins shows.
const newsOfNeighbour = 5

// Two sample towns come up by themselves, and a newcomer sees them live.
func TestTheDemonstrationShowsTwoLivingTowns(t *testing.T) {
	t.Parallel()
	tw := newTown(t, notSetUp, privatePostgres)
	out := &logBook{}
	cmd := tw.command("demo")
	demo := run(t, cmd, out)
	t.Cleanup(func() {
		demo.signal(15)
		if code := demo.wait(); code != 0 {
			t.Errorf("bourg demo after SIGTERM: got exit code %d, want 0", code)
		}
		if t.Failed() {
			t.Logf("log of the demonstration:\n%s", out.tail(10_000))
		}
	})
	var towns []string
	eventually(t, "both towns say where they are", func() error {
		towns = towns[:0]
		for line := range strings.Lines(out.String()) {
			var answer map[string]any
			if json.Unmarshal([]byte(line), &answer) == nil && text(answer, "town") != "" && text(answer, "url") != "" {
				towns = append(towns, text(answer, "url"))
			}
		}
		if code, ended := demo.ended(); ended {
			t.Fatalf("bourg demo ended with %d", code)
		}
		if len(towns) != 2 || towns[0] == towns[1] {
			return fmt.Errorf("got the towns %v, want two", towns)
		}
		return nil
	})
	for _, address := range towns {
		b := tw.open()
		page := b.visit(address + "/")
		uploads := 0
		for _, src := range page.pictures() {
			if strings.Contains(src, "/media/") {
				uploads++
				checkShown(t, src)
			}
		}
		if news := len(elements(page.root, "article")); uploads < 3 || news < 5 {
			t.Errorf("%s: got %d news and %d photos, want a living town", address, news, uploads)
		}
		eventually(t, "the neighbour's news is there", func() error {
			if got := len(elements(b.visit(address+"/voisins").root, "article")); got < newsOfNeighbour {
				return fmt.Errorf("got %d news of the neighbour, want %d", got, newsOfNeighbour)
			}
			return nil
		})
		b.visit(address + "/commerces")
		// Each kind of post is there, and a week lies ahead.
		if page.says("Le fil du bourg – La Bastide-Neuve") {
			page.must("Les bûches cendrées", "4,80 €", "Le marché a quatre-vingts ans")
			b.visit(address + "/agenda").must("Fête des lumières")
		} else {
			page.must("Potimarrons du plateau", "2,20 €", "Fermé vendredi après-midi", "D’où vient la terre rouge", "Miel de châtaignier")
			b.visit(address+"/agenda").must("Tournoi de tarot", "Veillée de lecture", "Marché de producteurs")
		}
	}
}
