package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// What people elsewhere write under a post, like and share shows on its page, follows their
// edits, and goes when they take it back.
func TestRepliesLikesAndSharesShowOnThePage(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	bakery := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	post := tw.publish("fournil", "Fournée de seigle ce matin.")
	p, f := startPeer(t, cavage), newFollower(t)
	reader := tw.open()
	shows := func(what string, check func(*page) error) {
		t.Helper()
		eventually(t, what, func() error { return check(reader.visit(post.URL)) })
	}
	counts := func(likes, shares, replies int) {
		t.Helper()
		eventually(t, "the object's counts", func() error {
			note, err := f.get(post.ID)
			if err != nil {
				return err
			}
			got := [3]int{number(note, "likes", "totalItems"), number(note, "shares", "totalItems"), number(note, "replies", "totalItems")}
			if want := [3]int{likes, shares, replies}; got != want {
				return fmt.Errorf("got %v likes, shares and replies, want %v", got, want)
			}
			return nil
		})
	}

	reply := p.does("reply", fields{
		"name": "anna", "merchant": bakery.Actor, "mention": "@fournil@" + tw.host, "inReplyTo": post.ID, "shared": true,
		"content": `<p>Gardez-moi une <strong>tourte</strong><script>alert(1)</script><img src="x" onerror="alert(2)"> :)</p>`,
	})
	shows("the reply is on the page", func(got *page) error {
		if !got.says("Gardez-moi une tourte") || !got.says("Anna") || !got.says("@anna@"+p.host) {
			return fmt.Errorf("got:\n%s", got.words())
		}
		if strings.Contains(got.body, "alert(") || strings.Contains(got.body, "onerror") {
			t.Error("a script of the reply's stands on the page")
		}
		return nil
	})
	like := p.does("like", fields{"name": "bert", "merchant": bakery.Actor, "object": post.ID})
	share := p.does("announce", fields{"name": "bert", "merchant": bakery.Actor, "object": post.ID})
	// The page's address is as good as the id, and somebody counts once however often they like.
	f.send(bakery.Actor+"/inbox", f.act("odile", "Like", post.URL))
	f.send(bakery.Actor+"/inbox", f.act("odile", "Like", post.ID))
	counts(2, 1, 1)
	replies := p.does("collection", fields{"url": post.ID + "/replies"})
	if got := text(replies, "items", "id"); got != text(reply, "note") {
		t.Errorf("got the reply %q in the collection, want %q", got, text(reply, "note"))
	}

	p.does("edit", fields{"note": text(reply, "note"), "content": "<p>Gardez-m'en deux.</p>"})
	shows("the edited reply is on the page", func(got *page) error {
		if !got.says("Gardez-m'en deux.") || got.says("tourte") {
			return fmt.Errorf("got:\n%s", got.words())
		}
		return nil
	})
	p.does("undo", fields{"name": "bert", "merchant": bakery.Actor, "activity": text(like, "id")})
	p.does("undo", fields{"name": "bert", "merchant": bakery.Actor, "activity": text(share, "id")})
	counts(1, 0, 1)
	p.does("remove", fields{"note": text(reply, "note")})
	shows("the deleted reply is gone", func(got *page) error {
		if got.says("Gardez-m'en deux.") {
			return fmt.Errorf("got:\n%s", got.words())
		}
		return nil
	})
	counts(1, 0, 0)

	// Who deletes the account leaves nothing behind.
	second := p.does("reply", fields{
		"name": "anna", "merchant": bakery.Actor, "mention": "@fournil@" + tw.host, "inReplyTo": post.ID, "content": "<p>À demain.</p>",
	})
	p.does("like", fields{"name": "anna", "merchant": bakery.Actor, "object": post.ID})
	counts(2, 0, 1)
	p.does("leave", fields{"name": "anna", "merchant": bakery.Actor})
	counts(1, 0, 0)
	if got := reader.visit(post.URL); got.says("À demain.") {
		t.Errorf("the reply %s of a deleted account is still on the page", text(second, "note"))
	}
}

// Nobody speaks for another: what a stranger sends about somebody else's reply changes nothing.
func TestAStrangerCannotSpeakForAnother(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	bakery := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	post := tw.publish("fournil", "Fournée de seigle ce matin.")
	honest, stranger := newFollower(t), newFollower(t)
	inbox := bakery.Actor + "/inbox"
	reply := honest.reply("odile", post.ID, bakery.Actor, "<p>Une tourte pour moi.</p>")
	honest.send(inbox, reply)
	note := dig(reply, "object").(map[string]any)

	forged := map[string]any{}
	for k, v := range note {
		forged[k] = v
	}
	forged["content"], forged["updated"] = "<p>Tout est faux.</p>", "2100-01-01T00:00:00Z"
	update := stranger.act("mallory", "Update", forged)
	remove := stranger.act("mallory", "Delete", note["id"])
	inName := stranger.reply("mallory", post.ID, bakery.Actor, "<p>Tout est faux.</p>")
	dig(inName, "object").(map[string]any)["attributedTo"] = honest.user("odile")
	asAnother := stranger.act("mallory", "Delete", note["id"])
	asAnother["actor"] = honest.user("odile")
	unfollow := stranger.act("mallory", "Undo", honest.act("odile", "Like", post.ID))
	for name, activity := range map[string]map[string]any{
		"Update": update, "Delete": remove, "Create in another's name": inName, "Undo of another's": unfollow,
	} {
		if got := stranger.post(inbox, activity, cavage); got != http.StatusForbidden && !taken(got) {
			t.Errorf("%s: got status %d, want 403, or 202 without effect", name, got)
		}
	}
	if got := stranger.post(inbox, asAnother, cavage); got != http.StatusUnauthorized && got != http.StatusForbidden {
		t.Errorf("Delete signed by the wrong server: got status %d, want 401 or 403", got)
	}
	got := tw.open().visit(post.URL).must("Une tourte pour moi.")
	if got.says("Tout est faux.") {
		t.Errorf("a stranger's words stand on the page:\n%s", got.words())
	}
}

// The merchant reads in the browser what somebody wrote, answers there, and the answer
// arrives and stands on the page.
func TestTheMerchantAnswers(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	bakery := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	post := tw.publish("fournil", "Fournée de seigle ce matin.")
	p := startPeer(t, cavage)
	reply := p.does("reply", fields{
		"name": "anna", "merchant": bakery.Actor, "mention": "@fournil@" + tw.host, "inReplyTo": post.ID, "content": "<p>En reste-t-il à midi ?</p>",
	})

	b, _ := tw.signIn(bakery.SignIn)
	thread := b.visit("/espace/messages").must("En reste-t-il à midi").click("En reste-t-il")
	thread.must("En reste-t-il à midi")
	thread.form("Répondre").fill("reponse", "Oui, jusqu'à 13 h.").press()

	journal, at := p.await("Create", "")
	answer := journal.Activities[at]
	if !strings.Contains(plain.Replace(answer.Content), "Oui, jusqu'à 13 h.") {
		t.Errorf("got the answer %q", answer.Content)
	}
	read := p.does("fetch", fields{"name": "anna", "url": answer.Object})
	if got := text(read, "document", "inReplyTo"); got != text(reply, "note") {
		t.Errorf("got an answer to %q, want %q", got, text(reply, "note"))
	}
	addressed := append(list(read, "document", "to"), list(read, "document", "cc")...)
	if !slices.Contains(addressed, p.user("anna")) {
		t.Errorf("got an answer addressed to %v, want Anna among them", addressed)
	}
	if got, want := text(read, "document", "tag", "href"), p.user("anna"); got != want {
		t.Errorf("got a mention of %q, want %q", got, want)
	}
	tw.open().visit(post.URL).must("En reste-t-il à midi", "Oui, jusqu'à 13 h.")
	b.visit("/espace/messages").click("En reste-t-il").must("Oui, jusqu'à 13 h.")
	if got := tw.open().visit("/"); got.says("Oui, jusqu'à 13 h.") {
		t.Error("the answer stands in the feed, where nobody asked for it")
	}
}

// What is written to the merchant alone is seen by the merchant alone, and so is the answer.
func TestAPrivateMessageIsSeenByTheMerchantOnly(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	bakery := tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	butcher := tw.addMerchant("boucherie", "Boucherie de la Place", "boucherie")
	post := tw.publish("fournil", "Fournée de seigle ce matin.")
	p, f := startPeer(t, cavage), newFollower(t)
	shop := f.discover("fournil@" + tw.host)
	f.follow("odile", shop)
	const secret, answer = "Mon numéro est le 01 99 00 04 17.", "Je vous appelle à 18 h."
	reply := p.does("reply", fields{
		"name": "anna", "merchant": bakery.Actor, "mention": "@fournil@" + tw.host, "inReplyTo": post.ID, "private": true,
		"content": "<p>" + secret + "</p>",
	})

	b, _ := tw.signIn(bakery.SignIn)
	thread := b.visit("/espace/messages").must("Mon numéro").click("Mon numéro")
	thread.must(secret).form("Répondre").fill("reponse", answer).press()
	journal, at := p.await("Create", "")
	got := journal.Activities[at]
	if !strings.Contains(plain.Replace(got.Content), answer) {
		t.Errorf("got the answer %q", got.Content)
	}
	for _, d := range journal.Deliveries {
		if strings.Contains(d.Body, "18 h") && (strings.Contains(d.Body, "Public") || strings.Contains(d.Body, "/followers")) {
			t.Errorf("the private answer is addressed to more than its reader: %s", d.Body)
		}
	}
	b.visit("/espace/messages").click("Mon numéro").must(answer)

	neighbour, _ := tw.signIn(butcher.SignIn)
	reader := tw.open()
	for who, page := range map[string]*page{
		"the post's page": reader.get(post.URL), "the feed": reader.get("/"), "the shop's page": reader.get(bakery.URL),
		"search": reader.get("/recherche?q=num%C3%A9ro"), "another merchant": neighbour.get("/espace/messages"),
		"another merchant at its address": neighbour.get(thread.url.String()), "a stranger at its address": reader.get(thread.url.String()),
	} {
		if page.says("Mon numéro") || page.says("Je vous appelle") {
			t.Errorf("%s shows the private message:\n%s", who, page.words())
		}
	}
	if status, _, _, err := f.fetch(got.Object, mastodonAccepts[0]); err != nil || status != http.StatusNotFound {
		t.Errorf("the private answer, fetched by another server: got status %d, %v, want 404", status, err)
	}
	for _, collection := range []string{post.ID + "/replies", text(shop.document, "outbox")} {
		seen := p.does("collection", fields{"url": collection})
		if all := fmt.Sprint(seen); strings.Contains(all, text(reply, "note")) || strings.Contains(all, got.Object) {
			t.Errorf("%s lists the private conversation: %s", collection, all)
		}
	}
	note, err := f.get(post.ID)
	if err != nil {
		t.Fatal(err)
	}
	if n := number(note, "replies", "totalItems"); n != 0 {
		t.Errorf("the private message is counted: got %d replies, want 0", n)
	}
	tw.settled()
	if all := f.got("Create", ""); len(all) != 0 {
		t.Errorf("a follower got %d posts of a private conversation", len(all))
	}
}

// A blocked server is silent at once, and what it had said before is gone.
func TestABlockedServerIsSilentAtOnceAndBackwards(t *testing.T) {
	t.Parallel()
	tw := startTown(t)
	tw.addMerchant("fournil", "Le Fournil de la Halle", "boulangerie")
	bad, good := newFollower(t), newFollower(t)
	shop := bad.discover("fournil@" + tw.host)
	post := tw.publish("fournil", "Fournée de seigle ce matin.")
	for _, f := range []*follower{bad, good} {
		f.follow("odile", shop)
		f.send(shop.Inbox, f.reply("odile", post.ID, shop.ID, "<p>Bonjour de "+f.host+"</p>"))
		f.send(shop.Inbox, f.act("odile", "Like", post.ID))
	}
	tw.open().visit(post.URL).must("Bonjour de "+bad.host, "Bonjour de "+good.host)

	tw.run("block", bad.host)
	eventually(t, "the blocked server's words are gone", func() error {
		if got := tw.open().visit(post.URL); got.says("Bonjour de "+bad.host) || !got.says("Bonjour de "+good.host) {
			return fmt.Errorf("got:\n%s", got.words())
		}
		return nil
	})
	eventually(t, "the blocked server is refused", func() error {
		if got := bad.post(shop.Inbox, bad.act("marc", "Like", post.ID), cavage); got != http.StatusForbidden {
			return fmt.Errorf("got status %d, want 403", got)
		}
		return nil
	})
	note, err := good.get(post.ID)
	if err != nil {
		t.Fatal(err)
	}
	if likes, replies := number(note, "likes", "totalItems"), number(note, "replies", "totalItems"); likes != 1 || replies != 1 {
		t.Errorf("got %d likes and %d replies, want 1 each", likes, replies)
	}
	if err := followersOf(good, shop, 1); err != nil {
		t.Error(err)
	}
	next := tw.publish("fournil", "Brioche aux pralines.")
	good.await("Create", next.ID)
	tw.settled()
	if got := bad.got("Create", next.ID); len(got) != 0 {
		t.Error("the blocked server got a post")
	}

	tw.run("unblock", bad.host)
	eventually(t, "the server may speak again", func() error {
		if got := bad.post(shop.Inbox, bad.act("odile", "Follow", shop.ID), cavage); !taken(got) {
			return fmt.Errorf("got status %d, want 2xx", got)
		}
		return nil
	})
	last := tw.publish("fournil", "Pain de mie.")
	bad.await("Create", last.ID)
	if got := tw.open().visit(post.URL); got.says("Bonjour de " + bad.host) {
		t.Error("what was removed by the block came back")
	}
}
