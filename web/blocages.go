package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"bourg/internal/town"
	"bourg/web/locale"
)

// PageBlocages is where the town hall takes a list of blocked sites with it, and blocks what another's list names, GET
// /mairie/reseau/blocages. Both forms are POST to the same address, as multipart/form-data: the file "liste", which is shown first;
// then the same as text, "liste", with "geste" = "bloquer". The list of our own blocks is at /mairie/reseau/blocages.csv.
type PageBlocages struct {
	Preview *ApercuBlocages // set once a list has been read
	Errors  Erreurs
}

// ApercuBlocages is what importing a list would change.
type ApercuBlocages struct {
	List       string   // as it was sent
	New        []Bloque // the first of them
	More       int      // further ones
	Count      int      // all that would be blocked
	Neighbours []string // towns whose exchange would end
	Already    int
	NotTaken   []LigneEcartee // the first of them
	Others     int            // further ones
}

// LigneEcartee is a line of a list that is not taken.
type LigneEcartee struct {
	Line        int
	Domain, Why string
}

func (p PageBlocages) head(l *locale.Locale) head {
	return head{template: "blocages", title: l.T("blocages.title"), doors: townHallDoors, door: pathMairieReseau, errors: p.Errors, private: true}
}

// previewLines is how many lines of a list are shown of each sort.
const previewLines = 100

// Blocages shows where a list is handed in.
func (h *Handlers) Blocages(w http.ResponseWriter, r *http.Request) error {
	return h.show(w, r, http.StatusOK, PageBlocages{})
}

// ImporterBlocages shows what a list would change, and then does it.
func (h *Handlers) ImporterBlocages(w http.ResponseWriter, r *http.Request) error {
	ctx, l, by := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context()).author()
	list, act, err := readList(w, r)
	if err != nil {
		return err
	}
	if act == "bloquer" {
		n, err := h.config.Moderator.ImportBlocks(ctx, by, strings.NewReader(list))
		if err != nil {
			return err
		}
		return h.goTo(w, r, pathMairieReseau+"?fait=liste&nombre="+strconv.Itoa(n))
	}
	preview, err := h.config.Moderator.PreviewBlocks(ctx, by, strings.NewReader(list))
	if all, ok := faults(l, err, fieldName{"list", "liste"}); ok {
		return h.show(w, r, http.StatusUnprocessableEntity, PageBlocages{Errors: all})
	}
	if err != nil {
		return err
	}
	p := &ApercuBlocages{List: list, Count: len(preview.New), Neighbours: preview.Neighbours, Already: preview.Already}
	for _, d := range preview.New[:min(len(preview.New), previewLines)] {
		p.New = append(p.New, Bloque{Domain: d.Domain, Reason: d.Reason})
	}
	p.More = p.Count - len(p.New)
	for _, s := range preview.Skipped[:min(len(preview.Skipped), previewLines)] {
		p.NotTaken = append(p.NotTaken, LigneEcartee{Line: s.Line, Domain: s.Domain, Why: l.T(s.Why)})
	}
	p.Others = preview.NotTaken - len(p.NotTaken)
	return h.show(w, r, http.StatusOK, PageBlocages{Preview: p})
}

// BlocagesCSV is the list of our own blocks.
func (h *Handlers) BlocagesCSV(w http.ResponseWriter, r *http.Request) error {
	var text strings.Builder
	if err := h.config.Moderator.ExportBlocks(r.Context(), visitorOf(r.Context()).author(), &text); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="blocages.csv"`)
	w.Header().Set("Cache-Control", "private, no-store")
	w.Header().Add("Vary", "Accept, Cookie")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, err := io.WriteString(w, text.String())
	return err
}

// readList reads a form that brings a list, as a file or as text. A browser ends the lines of a text with two characters.
func readList(w http.ResponseWriter, r *http.Request) (list, act string, err error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		return "", "", refusal{status: http.StatusUnsupportedMediaType, why: "not a form with a file"}
	}
	r.Body = http.MaxBytesReader(w, r.Body, 3*town.MaxBlocklist)
	parts, err := r.MultipartReader()
	if err != nil {
		return "", "", refusal{status: http.StatusBadRequest, why: "malformed form"}
	}
	for range 8 {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", "", malformed(err)
		}
		raw, err := io.ReadAll(part)
		if err != nil {
			return "", "", malformed(err)
		}
		switch part.FormName() {
		case "liste":
			list = strings.ReplaceAll(string(raw), "\r\n", "\n")
		case "geste":
			act = string(raw)
		}
	}
	return list, act, nil
}
