package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"bourg/internal/sanitize"
	"bourg/internal/town"

	"github.com/google/uuid"
)

// MairieGroupes lists the pages that people follow in the place of single shops, and the trades that may have one.
func (h *Handlers) MairieGroupes(w http.ResponseWriter, r *http.Request) error {
	return h.showGroups(w, r, http.StatusOK, PageMairieGroupes{Saved: r.URL.Query().Has("fait")})
}

func (h *Handlers) showGroups(w http.ResponseWriter, r *http.Request, status int, p PageMairieGroupes) error {
	ctx, l := r.Context(), h.renderer.Locale(r.Context())
	groups, err := h.config.Groups.All(ctx, visitorOf(ctx).author())
	if err != nil {
		return err
	}
	days, err := h.config.Groups.Days(ctx)
	if err != nil {
		return err
	}
	counts, err := h.config.Directory.TradeCounts(ctx)
	if err != nil {
		return err
	}
	p.Most = town.DailyAnnounces
	pages := map[string]bool{}
	for _, g := range groups {
		one := GroupeTenu{Suivie: h.suivie(g), Followers: g.Followers, Today: days[g.ID].Announced, Waiting: days[g.ID].Waiting, Off: !g.On}
		if g.Kind.Chosen() {
			one.EditURL = pathMairieGroupes + "/" + g.ID.String()
		}
		if g.Kind == town.GroupTrade {
			pages[g.Trade] = g.On
		}
		p.Groups = append(p.Groups, one)
	}
	for _, trade := range town.Trades {
		on, page := pages[trade.Slug]
		if n := counts[trade.Slug]; n > 0 || page {
			p.Trades = append(p.Trades, Metier{Slug: trade.Slug, Name: TradeName(l, trade.Slug), Shops: n, On: on})
		}
	}
	return h.show(w, r, status, p)
}

// ChoisirMetiers switches the pages of trades on and off.
func (h *Handlers) ChoisirMetiers(w http.ResponseWriter, r *http.Request) error {
	ctx, l, by := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context()).author()
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	groups, err := h.config.Groups.All(ctx, by)
	if err != nil {
		return err
	}
	on := map[string]bool{}
	for _, g := range groups {
		if g.Kind == town.GroupTrade && g.On {
			on[g.Trade] = true
		}
	}
	refuse := func(key string) error {
		return h.showGroups(w, r, http.StatusUnprocessableEntity, PageMairieGroupes{Errors: Erreurs{{"metiers", l.T(key)}}})
	}
	wanted := form["metier"]
	for _, slug := range wanted {
		if _, err := town.TradeBySlug(slug); err != nil {
			return refuse("trade.unknown")
		}
	}
	for _, trade := range town.Trades {
		want := slices.Contains(wanted, trade.Slug)
		if want == on[trade.Slug] {
			continue
		}
		_, err := h.config.Groups.SwitchTrade(ctx, by, trade.Slug, want)
		if errors.Is(err, town.ErrTooMany) {
			return refuse("groupes.many")
		}
		if err != nil {
			return err
		}
	}
	return h.goTo(w, r, pathMairieGroupes+"?fait=1")
}

// kindOfGenre is the kind of page that is called so in addresses; ErrNotFound for none that is made by hand.
func kindOfGenre(genre string) (town.GroupKind, error) {
	switch genre {
	case "marche":
		return town.GroupMarket, nil
	case "collectif":
		return town.GroupCollective, nil
	}
	return "", town.ErrNotFound
}

// NouveauGroupe shows the form for a new market or collective.
func (h *Handlers) NouveauGroupe(w http.ResponseWriter, r *http.Request) error {
	genre := r.URL.Query().Get("genre")
	if _, err := kindOfGenre(genre); err != nil {
		return err
	}
	return h.showGroup(w, r, http.StatusOK, newGroupPage(genre, newKey()), nil)
}

func newGroupPage(genre, key string) PageMairieGroupe {
	return PageMairieGroupe{New: true, Action: pathMairieGroupes + "/nouveau", Genre: genre, Key: key}
}

// MairieGroupe shows the form for a market or collective that there is.
func (h *Handlers) MairieGroupe(w http.ResponseWriter, r *http.Request) error {
	p, members, err := h.groupPage(r)
	if err != nil {
		return err
	}
	p.Saved = r.URL.Query().Has("fait")
	return h.showGroup(w, r, http.StatusOK, p, members)
}

// groupPage is the form with the market or collective of the address in it, and the ids of its members.
func (h *Handlers) groupPage(r *http.Request) (PageMairieGroupe, []uuid.UUID, error) {
	id, err := idIn(r, "group")
	if err != nil {
		return PageMairieGroupe{}, nil, err
	}
	g, err := h.config.Groups.Group(r.Context(), id)
	if err == nil && !g.Kind.Chosen() {
		err = town.ErrNotFound
	}
	if err != nil {
		return PageMairieGroupe{}, nil, err
	}
	members, err := h.config.Groups.Members(r.Context(), id)
	if err != nil {
		return PageMairieGroupe{}, nil, err
	}
	p := PageMairieGroupe{
		Action: pathMairieGroupes + "/" + id.String(), Genre: GroupGenres()[0], Off: !g.On, Group: h.suivie(g),
		Name: g.Name, Where: g.Where, When: g.When, Words: g.Summary,
	}
	if g.Kind == town.GroupCollective {
		p.Genre = GroupGenres()[1]
	}
	ids := make([]uuid.UUID, len(members))
	for i, m := range members {
		ids[i] = m.ID
	}
	return p, ids, nil
}

// showGroup shows the form with a box for each shop; chosen are ticked.
func (h *Handlers) showGroup(w http.ResponseWriter, r *http.Request, status int, p PageMairieGroupe, chosen []uuid.UUID) error {
	l := h.renderer.Locale(r.Context())
	shops, err := h.config.Directory.Merchants(r.Context(), "")
	if err != nil {
		return err
	}
	p.Most = town.DailyAnnounces
	for _, m := range shops {
		on := slices.Contains(chosen, m.ID)
		if m.Moved != nil && !on {
			continue
		}
		p.Members = append(p.Members, Case{ID: m.ID.String(), Name: m.Name, Trade: TradeName(l, m.Trade), On: on, Refuses: m.Unannounced})
	}
	return h.show(w, r, status, p)
}

// readGroup puts what was typed into the page, and answers what it is for the domain. An id of a shop that is none was made up.
func readGroup(form url.Values, p *PageMairieGroupe) (town.NewGroup, error) {
	p.Name, p.Where, p.When, p.Words = sanitize.Line(form.Get("nom")), sanitize.Line(form.Get("lieu")), sanitize.Line(form.Get("quand")), typed(form.Get("mots"))
	n := town.NewGroup{Name: p.Name, Where: p.Where, When: p.When, Summary: p.Words}
	for _, member := range form["membre"] {
		id, err := readID(member)
		if err != nil {
			return n, refusal{status: http.StatusBadRequest, why: "a member that is no id"}
		}
		n.Members = append(n.Members, id)
	}
	var err error
	n.Kind, err = kindOfGenre(p.Genre)
	return n, err
}

// refuseGroup shows the form again where something in it is wrong; handled is false for an error of another kind.
func (h *Handlers) refuseGroup(w http.ResponseWriter, r *http.Request, p PageMairieGroupe, chosen []uuid.UUID, err error) (handled bool, shown error) {
	l := h.renderer.Locale(r.Context())
	all, ok := faults(l, err,
		fieldName{"name", "nom"}, fieldName{"where", "lieu"}, fieldName{"when", "quand"}, fieldName{"summary", "mots"}, fieldName{"members", "membres"})
	if errors.Is(err, town.ErrTooMany) {
		all, ok = Erreurs{{"nom", l.T("groupes.many")}}, true
	}
	if !ok {
		return false, nil
	}
	p.Errors = all
	return true, h.showGroup(w, r, http.StatusUnprocessableEntity, p, chosen)
}

// AjouterGroupe makes the page of a market or a collective. The same form twice is one page.
func (h *Handlers) AjouterGroupe(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	p := newGroupPage(form.Get("genre"), form.Get("cle"))
	n, err := readGroup(form, &p)
	if err != nil {
		return err
	}
	id, err := h.gathered.once(readKey(p.Key), func() (uuid.UUID, error) {
		g, err := h.config.Groups.Add(ctx, visitorOf(ctx).author(), n)
		if err != nil {
			return uuid.Nil, err
		}
		return g.ID, nil
	})
	if handled, shown := h.refuseGroup(w, r, p, n.Members, err); handled {
		return shown
	}
	if err != nil {
		return err
	}
	return h.goTo(w, r, pathMairieGroupes+"/"+id.String()+"?fait=1")
}

// EnregistrerGroupe changes a market or a collective, and stops it or takes it up again where that button was pressed.
func (h *Handlers) EnregistrerGroupe(w http.ResponseWriter, r *http.Request) error {
	ctx, by := r.Context(), visitorOf(r.Context()).author()
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	p, _, err := h.groupPage(r)
	if err != nil {
		return err
	}
	gesture := form.Get("geste")
	if !slices.Contains([]string{"enregistrer", "arreter", "reprendre"}, gesture) {
		return refusal{status: http.StatusBadRequest, why: "unknown gesture"}
	}
	n, err := readGroup(form, &p)
	if err != nil {
		return err
	}
	id, err := idIn(r, "group")
	if err != nil {
		return err
	}
	err = h.config.Groups.Edit(ctx, by, id, n)
	if handled, shown := h.refuseGroup(w, r, p, n.Members, err); handled {
		return shown
	}
	if err == nil && gesture != "enregistrer" {
		err = h.config.Groups.Switch(ctx, by, id, gesture == "reprendre")
	}
	if err != nil {
		return err
	}
	return h.goTo(w, r, p.Action+"?fait=1")
}
