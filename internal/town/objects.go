package town

import (
	"html"
	"strings"
	"time"

	"bourg/federation"
)

// This file makes the ActivityStreams objects of what merchants publish. Mastodon
// decides their form, being what most readers see them in: a Note carries everything
// in its content, and nothing in a summary, which Mastodon takes for a warning.

func noteObject(a Addresses, media MediaAddress, toHTML func(string) string, words func(string) []string, post *Post) *federation.Object {
	id, actor := a.Post(post.ID), a.Actor(post.Merchant.ID)
	o := &federation.Object{
		ID: id, Type: "Note", AttributedTo: actor,
		URL:       a.Page(post.Merchant.Handle, post.ID),
		InReplyTo: post.InReplyTo,
		Context:   id + "/context",
		Content:   toHTML(post.Text),
		Language:  post.Language,
		Published: post.Published, Updated: post.Updated,
	}
	if post.Root != [16]byte{} {
		o.Context = a.Post(post.Root) + "/context"
	}
	o.To, o.Cc = address(a, post)
	for _, photo := range post.Photos {
		v := photo.JPEG(1280)
		o.Attachments = append(o.Attachments, federation.Image{
			Type: "Document", URL: media(v.File), MediaType: v.MediaType,
			Name: photo.Alt, Width: v.Width, Height: v.Height,
		})
	}
	for _, w := range words(post.Text) {
		o.Tags = append(o.Tags, federation.Tag{Type: "Hashtag", Name: "#" + w, Href: a.Word(w)})
	}
	if post.Public {
		o.Replies = &federation.Collection{
			ID: id + "/replies", TotalItems: post.Replies, First: []federation.IRI{}, Next: id + "/replies?page=1",
		}
		o.Likes = &federation.Collection{ID: id + "/likes", TotalItems: post.Likes}
		o.Shares = &federation.Collection{ID: id + "/shares", TotalItems: post.Shares}
	}
	return o
}

// address says to whom a post is addressed, in the form that Mastodon reads as public
// or as private (section 3.4 of its parser): a private answer names its addressee only.
func address(a Addresses, post *Post) (to, cc []federation.IRI) {
	if !post.Public {
		return []federation.IRI{post.Addressee}, nil
	}
	cc = []federation.IRI{a.Actor(post.Merchant.ID) + "/followers"}
	return []federation.IRI{federation.Public}, append(cc, post.named()...)
}

// recipients are the inboxes of a post; since is zero for a Create.
func recipients(post *Post, since time.Time) Recipients {
	r := Recipients{Followers: post.Public, Since: since}
	r.Actors = post.named()
	return r
}

// named are the actors whom an answer mentions, the one it answers first.
func (p *Post) named() []federation.IRI {
	if p.Addressee == "" {
		return nil
	}
	return append([]federation.IRI{p.Addressee}, p.Mentions...)
}

// mention puts the people answered in front of the text, as links that servers know
// for mentions, and among the tags; without both, Mastodon tells nobody.
func mention(o *federation.Object, people ...RemoteActor) {
	var links strings.Builder
	for _, to := range people {
		name, _, _ := strings.Cut(to.Handle, "@")
		links.WriteString(`<span class="h-card"><a href="` + html.EscapeString(string(to.URL)) +
			`" class="u-url mention">@<span>` + html.EscapeString(name) + `</span></a></span> `)
		o.Tags = append(o.Tags, federation.Tag{Type: "Mention", Name: "@" + to.Handle, Href: to.ID})
	}
	if links.Len() == 0 {
		return
	}
	if rest, ok := strings.CutPrefix(o.Content, "<p>"); ok {
		o.Content = "<p>" + links.String() + rest
	} else {
		o.Content = "<p>" + links.String() + "</p>" + o.Content
	}
}

// create, update and tombstone wrap a post's object in the activity that tells of it.
func create(o *federation.Object) federation.Activity {
	return federation.Activity{
		Type: "Create", Actor: o.AttributedTo, ObjectID: o.ID, Object: o,
		To: o.To, Cc: o.Cc, Published: o.Published,
	}
}

func update(o *federation.Object) federation.Activity {
	return federation.Activity{
		Type: "Update", Actor: o.AttributedTo, ObjectID: o.ID, Object: o,
		To: o.To, Cc: o.Cc, Published: o.Updated,
	}
}

// announcement is a merchant's Announce of its own post.
func announcement(a Addresses, post *Post, at time.Time) federation.Activity {
	to, cc := address(a, post)
	return federation.Activity{
		Type: "Announce", Actor: a.Actor(post.Merchant.ID), ObjectID: a.Post(post.ID), To: to, Cc: cc, Published: at,
	}
}

func tombstone(a Addresses, post *Post, at time.Time) federation.Activity {
	id := a.Post(post.ID)
	to, cc := address(a, post)
	return federation.Activity{
		Type: "Delete", Actor: a.Actor(post.Merchant.ID), ObjectID: id,
		Object: &federation.Object{ID: id, Type: "Tombstone", FormerType: objectType(post.Kind), Deleted: at},
		To:     to, Cc: cc, Published: at,
	}
}
