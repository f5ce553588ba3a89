package web

import (
	"net/http"
	"strconv"

	"bourg/internal/town"
	"bourg/web/locale"

	"github.com/google/uuid"
)

// Messages lists what the merchant was told.
func (h *Handlers) Messages(w http.ResponseWriter, r *http.Request) error {
	p, err := h.messageList(r, uuid.Nil)
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, p)
}

// messageList is the list with the conversation about a reply marked as the open one.
func (h *Handlers) messageList(r *http.Request, open uuid.UUID) (PageMessages, error) {
	v, l := visitorOf(r.Context()), h.renderer.Locale(r.Context())
	var p PageMessages
	before, err := readNumber(r.URL.Query())
	if err != nil {
		return p, err
	}
	list, more, err := h.config.Messages.List(r.Context(), v.author(), v.merchant.ID, before)
	if err != nil {
		return p, err
	}
	for _, n := range list {
		m, pending := h.message(l, n)
		m.Current = n.Reply != nil && n.Reply.ID == open
		if pending {
			p.Pending = append(p.Pending, m)
		} else {
			p.Seen = append(p.Seen, m)
		}
	}
	if len(list) == 0 {
		news, _, err := h.config.Timeline.MerchantFeed(r.Context(), v.merchant.ID, town.Cursor{})
		if err != nil {
			return p, err
		}
		p.HasNews = len(news) > 0
	}
	if more {
		p.OlderURL = pathMessages + "?avant=" + strconv.FormatInt(list[len(list)-1].ID, 10)
	}
	return p, nil
}

// message is a line of the list, and whether there is something left to do about it.
func (h *Handlers) message(l *locale.Locale, n town.Notification) (m Message, pending bool) {
	m = Message{From: peerName(n.Actor), At: n.At}
	if n.Reply != nil {
		m.URL, m.Kind, m.Excerpt = messagePath(n.Reply.ID), kindOf(n.Reply), orWords(excerpt(n.Reply.Content), n.Reply.Name)
		return m, n.Read.IsZero() || n.Reply.State == town.ReplyWaiting
	}
	m.URL = string(n.Actor.URL)
	if n.Post != nil {
		m.URL, m.Excerpt = pathOf(n.Post), title(n.Post.Text)
	}
	switch n.Kind {
	case "like":
		m.Kind = "favori"
	case "share":
		m.Kind = "partage"
	case "quote":
		m.Kind = "citation"
	default:
		m.Kind = "abonne"
	}
	return m, false
}

// kindOf is what a peer's words are to the merchant, one of MessageKinds.
func kindOf(r *town.Reply) string {
	switch {
	case !r.Public:
		return "prive"
	case r.State == town.ReplyWaiting:
		return "attente"
	case r.Post == uuid.Nil:
		return "mention"
	}
	return "reponse"
}

func messagePath(id uuid.UUID) string { return pathMessages + "/" + id.String() }

// Message shows one conversation beside the list. Who opens it has seen it.
func (h *Handlers) Message(w http.ResponseWriter, r *http.Request) error {
	ctx, v := r.Context(), visitorOf(r.Context())
	id, err := idIn(r, "reply")
	if err != nil {
		return err
	}
	reply, entries, err := h.config.Messages.Thread(ctx, v.author(), v.merchant.ID, id)
	if err != nil {
		return err
	}
	if r.Method == http.MethodGet {
		if err := h.config.Messages.Read(ctx, v.author(), v.merchant.ID, id); err != nil {
			return err
		}
	}
	written := ReadyReply(h.renderer.Locale(ctx), r.URL.Query().Get("r"))
	return h.conversation(w, r, http.StatusOK, reply, entries, written, newKey(), nil)
}

// conversation shows the conversation about a reply, with what the merchant has written so far.
func (h *Handlers) conversation(
	w http.ResponseWriter, r *http.Request, status int,
	reply *town.Reply, entries []town.ThreadEntry, written, key string, all Erreurs,
) error {
	ctx, l := r.Context(), h.renderer.Locale(r.Context())
	p, err := h.messageList(r, reply.ID)
	if err != nil {
		return err
	}
	path := messagePath(reply.ID)
	c := &Conversation{
		Title: peerName(reply.Actor), Handle: peerHandle(reply.Actor), ProfileURL: string(reply.Actor.URL), Kind: kindOf(reply),
		Private: !reply.Public, Key: key, Reply: written, Ready: ReadyReplies(l, path), ReplyURL: path,
	}
	for _, e := range entries {
		shown := h.reply(l, e)
		word := Mot{From: shown.Author, Own: e.Answer != nil, At: shown.Published, Text: warned(shown), Lang: shown.Lang}
		if e.Reply != nil && !shown.Edited.IsZero() {
			word.FormerURL = messagePath(e.Reply.ID) + "/versions"
		}
		c.Words = append(c.Words, word)
	}
	if reply.Post != uuid.Nil {
		post, _, err := h.config.Timeline.Post(ctx, reply.Post)
		if err != nil {
			return err
		}
		c.About = &Lien{URL: pathOf(post), Text: orWords(title(post.Text), l.T("publier.photo_only"))}
	}
	switch {
	case !reply.Public:
	case reply.State == town.ReplyWaiting:
		c.ApproveURL = path
	case reply.State == town.ReplyHidden:
		c.ShowURL = path
	default:
		c.HideURL = path
	}
	if err := h.addPerson(r, c, reply, path); err != nil {
		return err
	}
	p.Conversation, p.Errors = c, all
	return h.show(w, r, status, p)
}

// RepondreOuDecider answers a peer ("geste" = "repondre"), shows or hides what the peer wrote ("accepter", "montrer",
// "masquer"), or decides about the peer (see personne.go).
func (h *Handlers) RepondreOuDecider(w http.ResponseWriter, r *http.Request) error {
	ctx, v := r.Context(), visitorOf(r.Context())
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	id, err := idIn(r, "reply")
	if err != nil {
		return err
	}
	if form.Get("geste") == "repondre" {
		return h.answer(w, r, id, form.Get("reponse"), form.Get("cle"))
	}
	if aboutPerson(form.Get("geste")) {
		return h.decidePerson(w, r, id, form)
	}
	state, err := stateOf(form.Get("geste"))
	if err != nil {
		return err
	}
	if err := h.config.Messages.SetState(ctx, v.author(), v.merchant.ID, id, state); err != nil {
		return err
	}
	return h.goTo(w, r, messagePath(id))
}

// stateOf is what a gesture decides about a reply.
func stateOf(gesture string) (town.ReplyState, error) {
	switch gesture {
	case "accepter", "montrer":
		return town.ReplyShown, nil
	case "masquer":
		return town.ReplyHidden, nil
	}
	return "", refusal{status: http.StatusBadRequest, why: "unknown gesture"}
}

func (h *Handlers) answer(w http.ResponseWriter, r *http.Request, id uuid.UUID, text, key string) error {
	ctx, l, v := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context())
	_, err := h.config.Publisher.Answer(ctx, v.author(), v.merchant.ID, id, text, readKey(key))
	if all, ok := faults(l, err, fieldName{"text", "reponse"}); ok {
		reply, entries, err := h.config.Messages.Thread(ctx, v.author(), v.merchant.ID, id)
		if err != nil {
			return err
		}
		return h.conversation(w, r, http.StatusUnprocessableEntity, reply, entries, text, key, all)
	}
	if err != nil {
		return err
	}
	return h.goTo(w, r, messagePath(id))
}
