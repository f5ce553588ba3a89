package web

import (
	"net/http"
	"strings"
	"time"

	"bourg/internal/town"
	"bourg/web/locale"
)

// MairieReglages shows the town's settings.
func (h *Handlers) MairieReglages(w http.ResponseWriter, r *http.Request) error {
	t, err := h.config.Directory.Town(r.Context())
	if err != nil {
		return err
	}
	p := h.settings(t)
	p.Saved = r.URL.Query().Has("fait")
	return h.show(w, r, http.StatusOK, p)
}

// settings is the form with a town's settings in it.
func (h *Handlers) settings(t *town.Town) PageMairieReglages {
	p := PageMairieReglages{
		Town: t.Name, INSEE: t.INSEE, Handle: "@" + h.config.Addresses.Handle(t.Handle),
		HelpPhone: t.HelpPhone, HelpHours: t.HelpHours, Colour: orWords(t.Accent, DefaultColour),
		Publisher: t.Legal.Publisher, Director: t.Legal.Director, Host: t.Legal.Host, Contact: t.Legal.Contact, Charter: t.CharterWords(),
		State: conformityOf(t.Accessibility.State).String(), Audited: typedDay(t.Accessibility.Audited), Auditor: t.Accessibility.Auditor,
		Faults: t.Accessibility.Faults, AccessContact: t.Accessibility.Contact,
		Approve: t.ApproveReplies || h.config.RepliesApproved, ApproveFixed: h.config.RepliesApproved,
	}
	if n, err := NewNuance(p.Colour); err == nil {
		p.Nuance = &n
	}
	return p
}

// EnregistrerReglages keeps the town's settings. A form with a fault in it comes back as it was typed.
func (h *Handlers) EnregistrerReglages(w http.ResponseWriter, r *http.Request) error {
	ctx, l := r.Context(), h.renderer.Locale(r.Context())
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	t, err := h.config.Directory.Town(ctx)
	if err != nil {
		return err
	}
	changed := *t
	changed.HelpPhone, changed.HelpHours, changed.Accent = form.Get("telephone"), form.Get("heures"), form.Get("couleur")
	if c, err := parseColour(changed.Accent); err == nil && c.String() == DefaultColour {
		changed.Accent = ""
	}
	changed.Legal = town.Legal{
		Publisher: form.Get("editeur"), Director: form.Get("directeur"), Host: form.Get("hebergeur"), Contact: form.Get("contact"),
	}
	if form.Has("charte") { // a form from before there was one changes nothing
		changed.Charter = form.Get("charte")
	}
	changed.Accessibility = town.Accessibility{
		State: stateNamed(form.Get("etat")), Audited: readDay(form.Get("audit")), Auditor: form.Get("auditeur"), Faults: form.Get("defauts"),
		Contact: form.Get("contact_acces"),
	}
	if !h.config.RepliesApproved { // the operator's word hides the town's own, and does not change it
		changed.ApproveReplies = form.Get("approuver") != ""
	}
	err = h.config.Directory.EditTown(ctx, visitorOf(ctx).author(), &changed)
	if all, ok := faults(l, err, settingsFields()...); ok {
		p := h.settings(&changed)
		p.Errors = all
		return h.show(w, r, http.StatusUnprocessableEntity, p)
	}
	if err != nil {
		return err
	}
	return h.goTo(w, r, pathMairieReglages+"?fait=1")
}

// settingsFields are the fields of the form, in their order.
func settingsFields() []fieldName {
	return []fieldName{
		{"phone", "telephone"}, {"help_hours", "heures"}, {"accent", "couleur"},
		{"publisher", "editeur"}, {"director", "directeur"}, {"host", "hebergeur"}, {"contact", "contact"}, {"charter", "charte"},
		{"conformity", "etat"}, {"audited", "audit"}, {"auditor", "auditeur"}, {"faults", "defauts"}, {"access_contact", "contact_acces"},
	}
}

// conformityOf is what the footer says of a town's declared state.
func conformityOf(state string) Conformity {
	switch state {
	case town.PartlyConforming:
		return PartlyConforming
	case town.FullyConforming:
		return FullyConforming
	}
	return NotConforming
}

// stateNamed is the state that the form calls so; an unknown name stays as it is, for the domain to refuse.
func stateNamed(name string) string {
	switch name {
	case "", NotConforming.String():
		return town.NotConforming
	case PartlyConforming.String():
		return town.PartlyConforming
	case FullyConforming.String():
		return town.FullyConforming
	}
	return name
}

// typedLayout is how people write a day in numbers. A field of its own kind would be several stops on the keyboard, and would
// follow the browser's language.
const typedLayout = "2/1/2006"

// readDay reads a day as people write it, or as computers do, into what computers write; anything else stays as it is, for the
// domain to refuse.
func readDay(typed string) string {
	if day, err := time.Parse(typedLayout, strings.TrimSpace(typed)); err == nil {
		return day.Format(time.DateOnly)
	}
	return typed
}

// typedDay writes what readDay gave the way it was typed.
func typedDay(kept string) string {
	if day, err := time.Parse(time.DateOnly, kept); err == nil {
		return day.Format("02/01/2006")
	}
	return kept
}

// missing lists what the legal notice has to say and does not yet.
func missing(l *locale.Locale, t *town.Town) []string {
	var all []string
	for _, f := range []struct{ value, key string }{
		{t.Legal.Publisher, "reglages.publisher"}, {t.Legal.Director, "reglages.director"}, {t.Legal.Host, "reglages.host"},
		{t.HelpPhone, "reglages.phone"}, {t.Legal.Contact, "reglages.contact"},
	} {
		if f.value == "" {
			all = append(all, l.T(f.key))
		}
	}
	return all
}
