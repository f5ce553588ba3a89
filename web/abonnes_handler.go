package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"bourg/internal/town"
)

// Abonnes lists the shop's followers.
func (h *Handlers) Abonnes(w http.ResponseWriter, r *http.Request) error {
	ctx, l, v := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context())
	behind, err := readFollower(r.URL.Query())
	if err != nil {
		return err
	}
	m, err := h.config.Directory.Merchant(ctx, v.merchant.ID)
	if err != nil {
		return err
	}
	list, more, err := h.config.People.Followers(ctx, v.author(), m.ID, behind)
	if err != nil {
		return err
	}
	blocked, err := h.config.People.Blocked(ctx, v.author(), m.ID)
	if err != nil {
		return err
	}
	p := PageAbonnes{Count: m.Followers}
	for _, f := range list {
		p.Followers = append(p.Followers, someone(f.RemoteActor, f.Since))
	}
	for _, b := range blocked {
		p.Blocked = append(p.Blocked, someone(b.RemoteActor, b.Blocked))
	}
	if more {
		p.OlderURL = pathAbonnes + "?avant=" + afterFollower(list[len(list)-1])
	}
	if behind != (town.FollowerCursor{}) {
		p.NewerURL = pathAbonnes
	}
	switch r.URL.Query().Get("fait") {
	case "retirer":
		p.Done = l.T("abonnes.done_removed")
	case "bloquer":
		p.Done = l.T("abonnes.done_blocked")
	case "debloquer":
		p.Done = l.T("abonnes.done_unblocked")
	}
	return h.show(w, r, http.StatusOK, p)
}

func someone(a town.RemoteActor, since time.Time) Abonne {
	return Abonne{ID: string(a.ID), Name: peerName(a), Handle: peerHandle(a), URL: string(a.URL), Since: since}
}

// afterFollower writes the place behind a follower for "avant": the time in microseconds, and the key.
func afterFollower(f town.Follower) string {
	return strconv.FormatInt(f.Since.UnixMicro(), 10) + "-" + strconv.FormatInt(f.Key, 10)
}

func readFollower(query url.Values) (town.FollowerCursor, error) {
	if !query.Has("avant") {
		return town.FollowerCursor{}, nil
	}
	at, key, found := strings.Cut(query.Get("avant"), "-")
	micro, err := strconv.ParseInt(at, 10, 64)
	number, err2 := strconv.ParseInt(key, 10, 64)
	since := time.UnixMicro(micro).UTC()
	if !found || err != nil || err2 != nil || number <= 0 || since.Year() < 2000 || since.Year() > 3000 {
		return town.FollowerCursor{}, badPage()
	}
	return town.FollowerCursor{Since: since, Key: number}, nil
}

// DeciderAbonne removes a follower, blocks somebody, or hears somebody again.
func (h *Handlers) DeciderAbonne(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	gesture := form.Get("geste")
	if err := h.decideAbout(r, town.ActorID(form.Get("qui")), gesture); err != nil {
		return err
	}
	return h.goTo(w, r, pathAbonnes+"?fait="+gesture)
}

// decideAbout does what a merchant has decided about somebody elsewhere.
func (h *Handlers) decideAbout(r *http.Request, who town.ActorID, gesture string) error {
	ctx, v := r.Context(), visitorOf(r.Context())
	switch gesture {
	case "retirer":
		return h.config.People.RemoveFollower(ctx, v.author(), v.merchant.ID, who)
	case "bloquer":
		return h.config.People.Block(ctx, v.author(), v.merchant.ID, who)
	case "debloquer":
		return h.config.People.Unblock(ctx, v.author(), v.merchant.ID, who)
	}
	return refusal{status: http.StatusBadRequest, why: "unknown gesture"}
}
