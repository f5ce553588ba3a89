package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"bourg/internal/town"

	"github.com/google/uuid"
)

// Personne is what a merchant may do about somebody who wrote, in a fold at the end of the conversation.
type Personne struct {
	URL     string // takes the gestures, see Conversation
	Name    string
	Site    string // the host of the account
	Follows bool
	Blocked bool
	Thanked bool
	Words   string // of a report, as typed
}

// aboutPerson tells the gestures of a conversation that are about the one who wrote.
func aboutPerson(gesture string) bool {
	return slices.Contains([]string{"remercier", "reprendre", "retirer", "bloquer", "debloquer", "signaler"}, gesture)
}

// addPerson fills in what may be done about the one who wrote a reply. Whoever is blocked is not answered.
func (h *Handlers) addPerson(r *http.Request, c *Conversation, reply *town.Reply, path string) error {
	ctx, l, v := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context())
	person, err := h.config.People.Person(ctx, v.author(), v.merchant.ID, reply.Actor.ID)
	if errors.Is(err, town.ErrNotFound) {
		return nil // its account was deleted
	}
	if err != nil {
		return err
	}
	thanked, err := h.config.People.Thanks(ctx, v.author(), v.merchant.ID, reply.ID)
	if err != nil {
		return err
	}
	c.Person = &Personne{
		URL: path, Name: c.Title, Site: reply.Actor.Host, Follows: person.Follow != "", Blocked: person.Block != uuid.Nil, Thanked: thanked,
	}
	if c.Person.Blocked {
		c.ReplyURL, c.ApproveURL = "", ""
	}
	switch r.URL.Query().Get("fait") {
	case "retirer":
		c.Done = l.T("abonnes.done_removed")
	case "debloquer":
		c.Done = l.T("abonnes.done_unblocked")
	case "signaler":
		c.Done = l.T("personne.done_reported", reply.Actor.Host)
	}
	return nil
}

// decidePerson does what the merchant has decided about the one who wrote.
func (h *Handlers) decidePerson(w http.ResponseWriter, r *http.Request, id uuid.UUID, form url.Values) error {
	ctx, l, v := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context())
	reply, entries, err := h.config.Messages.Thread(ctx, v.author(), v.merchant.ID, id)
	if err != nil {
		return err
	}
	gesture := form.Get("geste")
	switch gesture {
	case "remercier":
		err = h.config.People.Thank(ctx, v.author(), v.merchant.ID, id)
	case "reprendre":
		err = h.config.People.TakeThanksBack(ctx, v.author(), v.merchant.ID, id)
	case "signaler":
		err = h.config.People.Report(ctx, v.author(), v.merchant.ID, id, form.Get("motif"))
		if all, ok := faults(l, err, fieldName{"words", "motif"}); ok {
			return h.conversation(w, r, http.StatusUnprocessableEntity, reply, entries, "", newKey(), all)
		}
	default:
		err = h.decideAbout(r, reply.Actor.ID, gesture)
	}
	if err != nil {
		return err
	}
	return h.goTo(w, r, messagePath(id)+"?fait="+gesture)
}
