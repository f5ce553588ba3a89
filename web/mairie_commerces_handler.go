package web

import (
	"errors"
	"net/http"
	"strings"

	"bourg/internal/sanitize"
	"bourg/internal/town"
)

// MairieCommerces lists the shops and shows the form that invites one.
func (h *Handlers) MairieCommerces(w http.ResponseWriter, r *http.Request) error {
	return h.showShops(w, r, http.StatusOK, PageMairieCommerces{Key: newKey()})
}

func (h *Handlers) showShops(w http.ResponseWriter, r *http.Request, status int, p PageMairieCommerces) error {
	shops, err := h.config.Moderator.Shops(r.Context(), visitorOf(r.Context()).author())
	if err != nil {
		return err
	}
	p.Trades = everyTrade(h.renderer.Locale(r.Context()))
	for _, s := range shops {
		one := CommerceInscrit{
			ID: s.Merchant.ID.String(), Name: s.Merchant.Name, Handle: "@" + h.config.Addresses.Handle(s.Merchant.Handle),
			URL: "/@" + s.Merchant.Handle, SignedIn: s.SignedIn, LastNews: s.LastNews,
		}
		if s.Merchant.Moved != nil {
			one.Moved = departure(s.Merchant.Moved)
		}
		p.Shops = append(p.Shops, one)
	}
	return h.show(w, r, status, p)
}

// EnvoyerInvitation adds a shop and shows the link to hand over.
func (h *Handlers) EnvoyerInvitation(w http.ResponseWriter, r *http.Request) error {
	l, v := h.renderer.Locale(r.Context()), visitorOf(r.Context())
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	p := PageMairieCommerces{
		Key: form.Get("cle"), Name: sanitize.Line(form.Get("nom")), Trade: form.Get("metier"), Address: form.Get("adresse"),
		Email: form.Get("email"), Phone: form.Get("telephone"), Handle: form.Get("identifiant"),
		Latitude: form.Get("latitude"), Longitude: form.Get("longitude"),
	}
	invitation, err := h.invited.once(readKey(p.Key), func() (*Invitation, error) { return h.invite(r, v, p) })
	if all, ok := faults(l, taken(err),
		fieldName{"name", "nom"}, fieldName{"trade", "metier"}, fieldName{"address", "adresse"}, fieldName{"email", "email"},
		fieldName{"phone", "telephone"}, fieldName{"handle", "identifiant"}, fieldName{"place", "latitude"},
	); ok {
		p.Errors = all
		return h.showShops(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return h.showShops(w, r, http.StatusOK, PageMairieCommerces{Key: newKey(), Invitation: invitation})
}

// taken makes a handle that is in use a fault of its field.
func taken(err error) error {
	if errors.Is(err, town.ErrTaken) {
		return town.Invalid{"handle": "handle.taken"}
	}
	return err
}

func (h *Handlers) invite(r *http.Request, v *visitor, p PageMairieCommerces) (*Invitation, error) {
	n := town.NewMerchant{
		Name: p.Name, Handle: p.Handle, Trade: p.Trade, Email: p.Email, Phone: p.Phone, Address: p.Address,
	}
	if strings.TrimSpace(p.Latitude+p.Longitude) != "" {
		lat, lon := degrees(p.Latitude), degrees(p.Longitude)
		n.Lat, n.Lon = &lat, &lon
	}
	m, link, err := h.config.Directory.AddMerchant(r.Context(), v.author(), n)
	if err != nil {
		return nil, err
	}
	invitation := h.invitation(m, link)
	if email := town.NormalEmail(p.Email); email != "" {
		sent, err := h.config.Accounts.SendLink(r.Context(), email, link)
		if err != nil {
			return nil, err
		}
		if sent {
			invitation.Email = email
		}
	}
	return invitation, nil
}

func (h *Handlers) invitation(m *town.Merchant, link string) *Invitation {
	return &Invitation{
		Name: m.Name, Handle: "@" + h.config.Addresses.Handle(m.Handle), Link: link, Expires: h.config.Now().Add(town.PaperLinkLife),
	}
}

// NouveauLien makes a new link for a shop.
func (h *Handlers) NouveauLien(w http.ResponseWriter, r *http.Request) error {
	ctx, v := r.Context(), visitorOf(r.Context())
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	id, err := readID(form.Get("commerce"))
	if err != nil {
		return err
	}
	m, err := h.config.Directory.Merchant(ctx, id)
	if err != nil {
		return err
	}
	link, err := h.config.Directory.InviteAgain(ctx, v.author(), id)
	if err != nil {
		return err
	}
	return h.showShops(w, r, http.StatusOK, PageMairieCommerces{Key: newKey(), Invitation: h.invitation(m, link)})
}

// ReprendreCommerce takes the move of a shop back.
func (h *Handlers) ReprendreCommerce(w http.ResponseWriter, r *http.Request) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	id, err := readID(form.Get("commerce"))
	if err != nil {
		return err
	}
	err = h.config.Mover.TakeBack(r.Context(), visitorOf(r.Context()).author(), id)
	if err != nil && !errors.Is(err, town.ErrNotFound) { // which is a second tap
		return err
	}
	return h.goTo(w, r, pathMairieShops)
}
