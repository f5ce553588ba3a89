package web

import "net/http"

// Apparence keeps the colours that the visitor chose.
func (h *Handlers) Apparence(w http.ResponseWriter, r *http.Request) error {
	ChooseAppearance(w, r, h.secure())
	return nil
}
