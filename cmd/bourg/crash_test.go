package main_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Whatever is killed and whenever: what the town has said yes to is done, once.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	t.Parallel()
	t.Run("of what merchants publish", func(t *testing.T) {
		t.Parallel()
		published(t, rounds(t, 30))
	})
	t.Run("of what peers send", func(t *testing.T) {
		t.Parallel()
		received(t, rounds(t, 30))
	})
	t.Run("when the database dies", func(t *testing.T) {
		t.Parallel()
		databaseDies(t, rounds(t, 5))
	})
}

// published publishes in the browser and at the command line, kills the server at some
// moment around the acknowledgement and the delivery, and starts it again.
func published(t *testing.T, n int) {
	tw := startTown(t)
	shop := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	quick, slow := newFollower(t), newFollower(t)
	quick.follow("odile", quick.discover("fournil@"+tw.host))
	slow.follow("marc", slow.discover("fournil@"+tw.host))
	slow.misbehave(fault{delay: 80 * time.Millisecond})
	b, _ := tw.signIn(shop.SignIn)
	book := newLedger(t)

	for round := range n {
		if tw.serving == nil {
			tw.start()
		}
		compose := b.visit("/espace/publier?neuf=1").form("Publier")
		var all sync.WaitGroup
		all.Go(func() {
			words := fmt.Sprintf("Fournée %d du navigateur.", round)
			compose.fill("texte", words)
			if accepted(compose) {
				book.write("post", words)
			}
		})
		if round%3 == 0 {
			all.Go(func() {
				words := fmt.Sprintf("Fournée %d du guichet.", round)
				if got := tw.try("publish", "--as", "fournil", "--text", words); got.code == 0 {
					book.write("post", words)
				}
			})
		}
		time.Sleep(time.Duration(rand.Int64N(int64(250 * time.Millisecond))))
		tw.kill()
		all.Wait()
		if round%2 == 0 {
			// The person presses the button again, in the same form: that may not make two of it.
			tw.start()
			if !accepted(compose) {
				t.Errorf("round %d: the second press was not taken", round)
			} else {
				book.write("post", compose.values.Get("texte"))
			}
		}
	}
	if tw.serving == nil {
		tw.start()
	}
	quick.misbehave(fault{})
	slow.misbehave(fault{})
	t.Logf("%d posts acknowledged in %d rounds", len(slices.Compact(slices.Sorted(slices.Values(book.read("post"))))), n)
	for _, f := range []*follower{quick, slow} {
		checkPosts(t, f, book.read("post"))
	}
	tw.settled()
	// What was not acknowledged may have been published; but then it is there, and once.
	for _, f := range []*follower{quick, slow} {
		checkOnce(t, f)
	}
}

// accepted presses the form's button once and follows no redirect: only the answer counts.
func accepted(f *form) bool {
	client := *f.p.b.client
	client.CheckRedirect = unguided.CheckRedirect
	res, err := client.Do(f.request())
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusSeeOther
}

// checkPosts waits until a follower has the Create of each post that was acknowledged.
func checkPosts(t *testing.T, f *follower, acknowledged []string) {
	t.Helper()
	within(t, 5*time.Minute, "all that was acknowledged arrives at "+f.host, func() error {
		arrived := map[string]bool{}
		for _, d := range f.got("Create", "") {
			arrived[said(d)] = true
		}
		var missing []string
		for _, words := range acknowledged {
			if !arrived[words] {
				missing = append(missing, words)
			}
		}
		if len(missing) > 0 {
			return fmt.Errorf("%d of %d have not arrived: %v", len(missing), len(acknowledged), missing)
		}
		return nil
	})
}

// said returns the words of a Create, without their paragraph.
func said(d delivery) string {
	return plain.Replace(strings.TrimSuffix(strings.TrimPrefix(text(d.activity, "object", "content"), "<p>"), "</p>"))
}

// checkOnce finds no post that came under two ids, no activity that came in two versions,
// and none that the town does not know.
func checkOnce(t *testing.T, f *follower) {
	t.Helper()
	bytesOf, idOf := map[string]string{}, map[string]string{}
	for _, d := range f.got("Create", "") {
		activity, object := text(d.activity, "id"), text(d.activity, "object", "id")
		if before, ok := bytesOf[activity]; ok && before != string(d.body) {
			t.Errorf("%s came with other bytes the second time", activity)
		}
		if before, ok := idOf[said(d)]; ok && before != object {
			t.Errorf("%q was published twice, as %s and as %s", said(d), before, object)
		}
		bytesOf[activity], idOf[said(d)] = string(d.body), object
	}
	for words, object := range idOf {
		if status, _, _, err := f.fetch(object, mastodonAccepts[0]); err != nil || status != http.StatusOK {
			t.Errorf("%q was delivered, but %s answers %d, %v", words, object, status, err)
		}
	}
}

// received sends signed follows, replies and likes, kills the server around the moment at
// which it says yes, and sends again what was not answered, as every peer does.
func received(t *testing.T, n int) {
	tw := startTown(t)
	tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	post := tw.publish("fournil", "Fournée de seigle.")
	f := newFollower(t)
	f.forgive() // it asks the town for its key, which may have been killed
	shop := f.discover("fournil@" + tw.host)
	book := newLedger(t)

	var waiting, every []map[string]any
	for round := range n {
		name := "user" + strconv.Itoa(round)
		fresh := []map[string]any{
			f.act(name, "Follow", shop.ID),
			f.reply(name, post.ID, shop.ID, fmt.Sprintf("<p>Réponse %d.</p>", round)),
			f.act(name, "Like", post.ID),
		}
		waiting, every = append(waiting, fresh...), append(every, fresh...)
		if tw.serving == nil {
			tw.start()
		}
		left := make(chan map[string]any, len(waiting))
		var all sync.WaitGroup
		for _, activity := range waiting {
			all.Go(func() {
				if taken(f.post(shop.SharedInbox, activity, cavage)) {
					book.write(text(activity, "type"), text(activity, "id"))
				} else {
					left <- activity
				}
			})
		}
		time.Sleep(time.Duration(rand.Int64N(int64(60 * time.Millisecond))))
		tw.kill()
		all.Wait()
		close(left)
		waiting = waiting[:0]
		for activity := range left {
			waiting = append(waiting, activity)
		}
	}
	tw.start()
	t.Logf("%d of %d acknowledged before the last start", 3*n-len(waiting), 3*n)
	for _, activity := range waiting {
		f.send(shop.SharedInbox, activity)
		book.write(text(activity, "type"), text(activity, "id"))
	}
	checkEffects(t, tw, f, shop, post, book)
	// All of it once more, as a peer does that has lost the answers: nothing changes.
	for _, again := range every {
		f.send(shop.SharedInbox, again)
	}
	checkEffects(t, tw, f, shop, post, book)
}

// checkEffects compares what the town shows with the ledger: each follow, reply and like
// has its one effect.
func checkEffects(t *testing.T, tw *town, f *follower, shop remoteActor, post posted, book *ledger) {
	t.Helper()
	follows, replies, likes := book.read("Follow"), book.read("Create"), book.read("Like")
	if err := followersOf(f, shop, len(follows)); err != nil {
		t.Error(err)
	}
	accepts := map[string]string{}
	for _, follow := range follows {
		d := f.await("Accept", follow)
		for _, again := range f.got("Accept", follow) {
			if text(again.activity, "id") != text(d.activity, "id") {
				t.Errorf("%s was accepted twice, by %s and %s", follow, text(d.activity, "id"), text(again.activity, "id"))
			}
		}
		accepts[text(d.activity, "id")] = follow
	}
	if len(accepts) != len(follows) {
		t.Errorf("got %d Accepts for %d Follows", len(accepts), len(follows))
	}
	note, err := f.get(post.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := number(note, "replies", "totalItems"), len(replies); got != want {
		t.Errorf("got %d replies, want %d", got, want)
	}
	if got, want := number(note, "likes", "totalItems"), len(likes); got != want {
		t.Errorf("got %d likes, want %d", got, want)
	}
	shown := map[string]int{}
	for page := tw.open().visit(post.URL); page != nil; page = page.next() {
		for _, m := range strings.Split(page.words(), "Réponse ")[1:] {
			number, _, _ := strings.Cut(m, ".")
			shown[number]++
		}
	}
	for number, times := range shown {
		if times != 1 {
			t.Errorf("reply %s stands on the page %d times", number, times)
		}
	}
	if len(shown) != len(replies) {
		t.Errorf("got %d replies on the page, want %d", len(shown), len(replies))
	}
}

// next follows the link to later replies, and returns nil where there is none.
func (p *page) next() *page {
	for _, a := range elements(p.root, "a") {
		if strings.Contains(words(a), "Réponses suivantes") {
			return p.b.visit(p.resolve(attribute(a, "href")))
		}
	}
	return nil
}

// databaseDies kills the private PostgreSQL under load; the server, which lives on, has
// to come back by itself.
func databaseDies(t *testing.T, n int) {
	tw := startTown(t, privatePostgres)
	tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	post := tw.publish("fournil", "Fournée de seigle.")
	f := newFollower(t)
	shop := f.discover("fournil@" + tw.host)
	f.follow("odile", shop)
	book := newLedger(t)
	book.write("Follow", text(f.got("Accept", "")[0].activity, "object", "id"))

	for round := range n {
		waiting := make(chan map[string]any, 12)
		var all sync.WaitGroup
		for i := range cap(waiting) {
			name := fmt.Sprintf("user%dx%d", round, i)
			activity := f.reply(name, post.ID, shop.ID, fmt.Sprintf("<p>Réponse %dx%d.</p>", round, i))
			all.Go(func() {
				if taken(f.post(shop.SharedInbox, activity, cavage)) {
					book.write("Create", text(activity, "id"))
				} else {
					waiting <- activity
				}
			})
		}
		all.Go(func() {
			words := fmt.Sprintf("Fournée %d.", round)
			if got := tw.try("publish", "--as", "fournil", "--text", words); got.code == 0 {
				book.write("post", words)
			}
		})
		time.Sleep(time.Duration(rand.Int64N(int64(120 * time.Millisecond))))
		killed := postgresOf(t, tw.data)
		for _, pid := range killed {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Logf("kill PostgreSQL %d: %v", pid, err)
			}
		}
		all.Wait()
		close(waiting)
		eventually(t, "the town is ready again", func() error {
			if _, ended := tw.serving.ended(); ended {
				t.Fatal("bourg serve ended with its database")
			}
			// The sessions of the killed one live a moment longer than it does, and may answer.
			if !slices.ContainsFunc(postgresOf(t, tw.data), func(pid int) bool { return !slices.Contains(killed, pid) }) {
				return errors.New("no other PostgreSQL runs yet")
			}
			if res, _ := fetch(t, tw.at("/readyz"), ""); res.StatusCode != http.StatusOK {
				return fmt.Errorf("got status %d, want 200", res.StatusCode)
			}
			return nil
		})
		for activity := range waiting {
			eventually(t, "a reply is taken after all", func() error {
				if got := f.post(shop.SharedInbox, activity, cavage); !taken(got) {
					return fmt.Errorf("got status %d", got)
				}
				return nil
			})
			book.write("Create", text(activity, "id"))
		}
	}
	time.Sleep(1100 * time.Millisecond) // connections that were idle for longer than a second are looked at before they are used again
	checkPosts(t, f, book.read("post"))
	checkOnce(t, f)
	checkEffects(t, tw, f, shop, post, book)
}

// postgresOf returns the main processes of PostgreSQL that work below a data folder:
// those whose parent is no PostgreSQL.
func postgresOf(t *testing.T, data string) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatalf("list processes: %v", err)
	}
	parents := map[int]int{}
	for _, stat := range stats {
		line, err := os.ReadFile(stat)
		if err != nil {
			continue // It has ended meanwhile.
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(stat)))
		if err != nil {
			t.Fatalf("%s: %v", stat, err)
		}
		before, after, _ := strings.Cut(string(line), ") ")
		if fields := strings.Fields(after); strings.HasSuffix(before, "(postgres") && len(fields) > 1 {
			if parents[pid], err = strconv.Atoi(fields[1]); err != nil {
				t.Fatalf("%s: %v", stat, err)
			}
		}
	}
	var found []int
	for pid, parent := range parents {
		if _, child := parents[parent]; child {
			continue
		}
		folder, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid))
		if err == nil && strings.HasPrefix(folder, data+"/") {
			found = append(found, pid)
		}
	}
	return found
}
