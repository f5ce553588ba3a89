package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"bourg/internal/town"
	"bourg/web/locale"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
)

// The lengths of the lists on the page of a piece of news.
const (
	repliesOnPage = 100
	othersOnPage  = 4
)

// Nouvelle shows a piece of news with its replies. A page of replies begins behind the one whose id is "apres".
func (h *Handlers) Nouvelle(w http.ResponseWriter, r *http.Request) error {
	ctx, l := r.Context(), h.renderer.Locale(r.Context())
	id, err := idIn(r, "post")
	if err != nil {
		return err
	}
	post, thread, err := h.config.Timeline.Post(ctx, id)
	if errors.Is(err, town.ErrNotFound) { // a page to follow may have written a summary
		return h.recap(w, r, id)
	}
	if err != nil {
		return err
	}
	switch handle := chi.URLParam(r, "handle"); {
	case strings.ToLower(handle) != post.Merchant.Handle:
		return town.ErrNotFound
	case handle != post.Merchant.Handle:
		return h.goTo(w, r, pathOf(post))
	case post.Kind == town.Answer && post.Root != uuid.Nil:
		return h.toRoot(w, r, post)
	}
	p := PageNouvelle{
		Entry: h.entry(l, post, true), Title: titleOfPost(post), ObjectID: string(h.config.Addresses.Post(post.ID)),
		FollowName: post.Merchant.Handle, Reach: string(post.Reach), Shares: post.Shares, Likes: post.Likes,
		ReplyCount: len(thread),
	}
	t, err := h.config.Directory.Town(ctx)
	if err != nil {
		return err
	}
	p.Summary, p.Structured = h.inOneSentence(l, t, post), h.twin(t, post)
	replies := h.thread(l, thread)
	if after := r.URL.Query().Get("apres"); after != "" {
		i := slices.IndexFunc(thread, func(e town.ThreadEntry) bool { return idOf(e).String() == after })
		if i < 0 {
			return badPage()
		}
		thread, replies = thread[i+1:], replies[i+1:]
	}
	if len(thread) > repliesOnPage {
		thread, replies = thread[:repliesOnPage], replies[:repliesOnPage]
		p.MoreURL = pathOf(post) + "?apres=" + idOf(thread[len(thread)-1]).String() + "#reponses"
	}
	if v := visitorOf(ctx); v != nil && v.login.TownHall {
		for i, e := range thread {
			if e.Reply != nil {
				replies[i].ReportURL = pathSignaler + "/" + e.Reply.ID.String()
			}
		}
	}
	p.Replies = replies
	if err := h.config.Timeline.Show(ctx, thread); err != nil {
		h.config.Log.WarnContext(ctx, "pictures of a thread are not fetched", "post", post.ID, "error", err)
	}
	others, _, err := h.config.Timeline.MerchantFeed(ctx, post.Merchant.ID, town.Cursor{})
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.ID != post.ID && len(p.Others) < othersOnPage {
			p.Others = append(p.Others, AutreNouvelle{URL: pathOf(o), Title: orWords(titleOfPost(o), l.T("publier.photo_only")), Published: o.Published})
		}
	}
	mine := visitorOf(ctx).speaksFor(post.Merchant.ID)
	if p.Quotes, err = h.citations(r, post, mine); err != nil {
		return err
	}
	if mine {
		p.EditURL, p.DeleteURL = newsPath(post.ID, "modifier"), newsPath(post.ID, "supprimer")
		p.Acts = h.acts(post)
		if post.Left(h.config.Now()) {
			reach, err := h.config.Courier.Reach(ctx, visitorOf(ctx).author(), post)
			if err != nil {
				return err
			}
			p.Remise = remise(l, reach, newsPath(post.ID, "envois"))
		}
	}
	if !post.Updated.IsZero() {
		p.FormerURL = pathOf(post) + "/versions"
	}
	return h.show(w, r, http.StatusOK, p)
}

// publicPost is the post in the address, if everybody may read it and the address is its own.
func (h *Handlers) publicPost(r *http.Request) (*town.Post, error) {
	id, err := idIn(r, "post")
	if err != nil {
		return nil, err
	}
	post, _, err := h.config.Timeline.Post(r.Context(), id)
	if err != nil {
		return nil, err
	}
	if strings.ToLower(chi.URLParam(r, "handle")) != post.Merchant.Handle {
		return nil, town.ErrNotFound
	}
	return post, nil
}

// toRoot leads from an answer's address to its place in the thread.
func (h *Handlers) toRoot(w http.ResponseWriter, r *http.Request, answer *town.Post) error {
	root, _, err := h.config.Timeline.Post(r.Context(), answer.Root)
	if err != nil {
		return err
	}
	return h.goTo(w, r, pathOf(root)+"#r-"+answer.ID.String())
}

// thread are the replies under a piece of news in their order, each with whom it answers.
func (h *Handlers) thread(l *locale.Locale, entries []town.ThreadEntry) []Reponse {
	all := make([]Reponse, len(entries))
	byID := make(map[string]*Reponse, len(entries))
	for i, e := range entries {
		all[i] = h.reply(l, e)
		if e.Answer != nil {
			byID[string(h.config.Addresses.Post(e.Answer.ID))] = &all[i]
		} else {
			byID[string(e.Reply.ObjectID)] = &all[i]
		}
	}
	for i, e := range entries {
		parent := byID[parentOf(e)]
		if parent != nil && parent != &all[i] {
			all[i].To = &Lien{URL: "#r-" + parent.ID, Text: parent.Name()}
		}
	}
	return all
}

func parentOf(e town.ThreadEntry) string {
	if e.Answer != nil {
		return string(e.Answer.InReplyTo)
	}
	return string(e.Reply.InReplyTo)
}

func idOf(e town.ThreadEntry) uuid.UUID {
	if e.Answer != nil {
		return e.Answer.ID
	}
	return e.Reply.ID
}

func orWords(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// newsPath is an address in the merchant's space about a piece of news.
func newsPath(id uuid.UUID, what string) string {
	return pathEspace + "/nouvelles/" + id.String() + "/" + what
}
