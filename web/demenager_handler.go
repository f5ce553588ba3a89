package web

import (
	"encoding/csv"
	"errors"
	"net/http"
	"strings"
	"time"

	"bourg/internal/town"
	"bourg/web/locale"
)

// freshEntry is how long ago somebody may have signed in to confirm what cannot be undone, who has no password.
const freshEntry = 15 * time.Minute

// Demenager shows what a merchant can do to come from elsewhere, or to leave.
func (h *Handlers) Demenager(w http.ResponseWriter, r *http.Request) error {
	p := PageDemenager{}
	switch l := h.renderer.Locale(r.Context()); r.URL.Query().Get("fait") {
	case "venir":
		p.Done = l.T("demenager.done_named")
	case "oublier":
		p.Done = l.T("demenager.done_forgotten")
	case "confirmer":
		p.Done = l.T("demenager.done_moved")
	case "lien":
		p.Done = l.T("demenager.done_link")
	}
	return h.showMove(w, r, http.StatusOK, p)
}

func (h *Handlers) showMove(w http.ResponseWriter, r *http.Request, status int, p PageDemenager) error {
	ctx, v := r.Context(), visitorOf(r.Context())
	m, err := h.config.Directory.Merchant(ctx, v.merchant.ID)
	if err != nil {
		return err
	}
	arrivals, err := h.config.Mover.Arrivals(ctx, v.author(), m.ID)
	if err != nil {
		return err
	}
	me := h.config.Addresses.Actor(m.ID)
	p.Handle, p.Address, p.Followers = "@"+h.config.Addresses.Handle(m.Handle), string(me), m.Followers
	p.Proof = h.proofOf(v)
	if m.Moved != nil {
		p.Moved = departure(m.Moved)
	}
	for _, a := range arrivals {
		one := Arrivee{
			ID: string(a.ID), Handle: "@" + a.Handle, URL: string(a.URL), Here: a.Here, Followers: a.Followers, Named: a.At, Looked: a.Looked,
		}
		if a.MovedTo != "" && !a.Here {
			one.Elsewhere = string(a.MovedTo)
		}
		p.Arrivals = append(p.Arrivals, one)
	}
	return h.show(w, r, status, p)
}

func departure(a *town.Account) *Depart {
	return &Depart{ID: string(a.ID), Handle: "@" + a.Handle, URL: string(a.URL), At: a.At}
}

// FaireDemenager does what the forms of the page ask for.
func (h *Handlers) FaireDemenager(w http.ResponseWriter, r *http.Request) error {
	ctx, l, v := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context())
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	gesture, account := form.Get("geste"), form.Get("compte")
	p, field := PageDemenager{Old: form.Get("ancien"), New: form.Get("nouveau")}, "ancien"
	if gesture != "oublier" && gesture != "lien" { // these ask other networks
		if err := h.limits.accounts.take(v.merchant.ID.String()); err != nil {
			return err
		}
	}
	switch gesture {
	case "venir":
		_, err = h.config.Mover.AddAlias(ctx, v.author(), v.merchant.ID, p.Old)
	case "verifier":
		gesture = "venir"
		_, err = h.config.Mover.AddAlias(ctx, v.author(), v.merchant.ID, account)
	case "oublier":
		if err = h.config.Mover.RemoveAlias(ctx, v.author(), v.merchant.ID, account); errors.Is(err, town.ErrNotFound) {
			err = nil // a second tap
		}
	case "partir":
		field = "nouveau"
		var found *town.Account
		if found, err = h.config.Mover.Destination(ctx, v.author(), v.merchant.ID, p.New); err == nil {
			p.Leaving = departure(found)
			return h.showMove(w, r, http.StatusOK, p)
		}
	case "confirmer":
		return h.confirmMove(w, r, account, form.Get("secret"))
	case "lien":
		return h.freshLink(w, r)
	default:
		return refusal{status: http.StatusBadRequest, why: "unknown gesture"}
	}
	if all, ok := faults(l, err, fieldName{"account", field}); ok {
		p.Errors = all
		return h.showMove(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return h.goTo(w, r, pathDemenager+"?fait="+gesture)
}

// confirmMove moves the shop, once whoever asks for it has shown to be the one who signed in.
func (h *Handlers) confirmMove(w http.ResponseWriter, r *http.Request, account, password string) error {
	ctx, l, v := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context())
	unproved, err := h.prove(r, l, v, password)
	if err != nil {
		return err
	}
	if len(unproved) > 0 {
		p := PageDemenager{Errors: unproved}
		found, err := h.config.Mover.Destination(ctx, v.author(), v.merchant.ID, account)
		if err == nil {
			p.Leaving = departure(found)
		} else if all, ok := faults(l, err, fieldName{"account", "nouveau"}); ok {
			p.Errors = all
		} else {
			return err
		}
		return h.showMove(w, r, http.StatusUnprocessableEntity, p)
	}
	_, err = h.config.Mover.Move(ctx, v.author(), v.merchant.ID, account)
	if all, ok := faults(l, err, fieldName{"account", "nouveau"}); ok {
		return h.showMove(w, r, http.StatusUnprocessableEntity, PageDemenager{New: account, Errors: all})
	}
	if err != nil {
		return err
	}
	return h.goTo(w, r, pathDemenager+"?fait=confirmer")
}

// proofOf tells by what a visitor can show to be the one who signed in.
func (h *Handlers) proofOf(v *visitor) Preuve {
	switch {
	case v.login.Password != "":
		return ByPassword
	case h.config.Now().Sub(v.session.Entered) < freshEntry:
		return ByEntering
	}
	return NotYet
}

// prove tells what a visitor still owes as a proof.
func (h *Handlers) prove(r *http.Request, l *locale.Locale, v *visitor, password string) (Erreurs, error) {
	switch h.proofOf(v) {
	case ByEntering:
		return nil, nil
	case NotYet:
		return Erreurs{{"secret", l.T("demenager.stale")}}, nil
	}
	if err := h.limits.attempts.take("account " + v.login.Email); err != nil {
		return nil, err
	}
	_, err := h.config.Accounts.SignIn(r.Context(), v.login.Email, password)
	if errors.Is(err, town.ErrWrongPassword) {
		return Erreurs{{"secret", l.T("password.old_wrong")}}, nil
	}
	return nil, err
}

// freshLink mails a new sign-in link to the visitor.
func (h *Handlers) freshLink(w http.ResponseWriter, r *http.Request) error {
	email := visitorOf(r.Context()).login.Email
	if email != "" {
		if err := h.limits.mails.take(email); err != nil {
			return err
		}
		if err := h.config.Accounts.MailLink(r.Context(), email); err != nil {
			return err
		}
	}
	return h.goTo(w, r, pathDemenager+"?fait=lien")
}

// AbonnesCSV is the list of the shop's followers, in the form that Mastodon takes: a column "Account address". What a
// spreadsheet would take for a formula is left as the account's id.
func (h *Handlers) AbonnesCSV(w http.ResponseWriter, r *http.Request) error {
	ctx, v := r.Context(), visitorOf(r.Context())
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="abonnes-`+v.merchant.Handle+`.csv"`)
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Add("Vary", "Accept, Cookie")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodHead {
		return nil
	}
	list := csv.NewWriter(w)
	if err := list.Write([]string{"Account address"}); err != nil {
		return err
	}
	err := h.config.People.EveryFollower(ctx, v.author(), v.merchant.ID, func(f town.Follower) error {
		return list.Write([]string{csvAddress(f)})
	})
	if err != nil {
		return err
	}
	list.Flush()
	return list.Error()
}

// csvAddress is a follower's handle, or the id where a spreadsheet would take the handle for a formula.
func csvAddress(f town.Follower) string {
	if strings.ContainsAny(f.Handle[:min(1, len(f.Handle))], "=+-@\t\r") {
		return string(f.ID)
	}
	return f.Handle
}
