package web

import (
	"net/http"
	"strconv"

	"bourg/internal/town"
	"bourg/web/locale"
)

// MairieSignalements lists what other servers report, the open ones first.
func (h *Handlers) MairieSignalements(w http.ResponseWriter, r *http.Request) error {
	p := PageMairieSignalements{}
	if r.URL.Query().Get("fait") == "decide" {
		p.Done = h.renderer.Locale(r.Context()).T("signalements.done")
	}
	return h.showReports(w, r, http.StatusOK, p, 0, "")
}

// showReports shows the page; typed is what has been written as the decision about one of the open ones.
func (h *Handlers) showReports(w http.ResponseWriter, r *http.Request, status int, p PageMairieSignalements, number int64, typed string) error {
	ctx, l, by := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context()).author()
	before, err := readNumber(r.URL.Query())
	if err != nil {
		return err
	}
	open, total, err := h.config.Reports.Open(ctx, by)
	if err != nil {
		return err
	}
	for _, c := range open {
		s := signalement(l, c)
		if c.Number == number {
			s.Decision = typed
		}
		p.Open = append(p.Open, s)
	}
	p.More = total - len(open)
	decided, more, err := h.config.Reports.Decided(ctx, by, before)
	if err != nil {
		return err
	}
	for _, c := range decided {
		p.Decided = append(p.Decided, signalement(l, c))
	}
	if more {
		p.OlderURL = pathMairieSignalements + "?avant=" + strconv.FormatInt(decided[len(decided)-1].Number, 10)
	}
	return h.show(w, r, status, p)
}

// signalement is a report as the page shows it.
func signalement(l *locale.Locale, c town.ReportedCase) Signalement {
	s := Signalement{
		Number: strconv.FormatInt(c.Number, 10), From: peerName(c.Actor), Handle: peerHandle(c.Actor), Words: c.Words, At: c.Received,
		Decided: c.Decided, Decision: c.Note, Gone: len(c.Posts) - len(c.About), Field: decisionField(c.Number),
		Hall: c.Hall, Reason: string(c.Category),
	}
	if c.Shop != nil {
		s.Shop = Lien{URL: "/@" + c.Shop.Handle, Text: c.Shop.Name}
	}
	for _, p := range c.About {
		s.Posts = append(s.Posts, Lien{URL: pathOf(p), Text: orWords(title(p.Text), l.T("publier.photo_only"))})
	}
	return s
}

func decisionField(number int64) string { return "decision-" + strconv.FormatInt(number, 10) }

// DeciderSignalement notes what was decided about a report.
func (h *Handlers) DeciderSignalement(w http.ResponseWriter, r *http.Request) error {
	l := h.renderer.Locale(r.Context())
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	number, err := strconv.ParseInt(form.Get("numero"), 10, 64)
	if err != nil || number < 1 {
		return town.ErrNotFound
	}
	typed := form.Get(decisionField(number))
	err = h.config.Reports.Decide(r.Context(), visitorOf(r.Context()).author(), number, typed)
	if all, ok := faults(l, err, fieldName{"note", decisionField(number)}); ok {
		return h.showReports(w, r, http.StatusUnprocessableEntity, PageMairieSignalements{Errors: all}, number, typed)
	}
	if err != nil {
		return err
	}
	return h.goTo(w, r, pathMairieSignalements+"?fait=decide")
}
