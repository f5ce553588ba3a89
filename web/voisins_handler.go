package web

import (
	"context"
	"net/http"
	"time"

	"bourg/internal/town"
	"bourg/web/locale"
)

// newsOfNeighbour is how much of each town stands on the page.
const newsOfNeighbour = 5

// Voisins shows the neighbouring towns and their latest news.
func (h *Handlers) Voisins(w http.ResponseWriter, r *http.Request) error {
	ctx, l := r.Context(), h.renderer.Locale(r.Context())
	if err := h.ready(ctx); err != nil {
		return err
	}
	t, err := h.config.Directory.Town(ctx)
	if err != nil {
		return err
	}
	neighbours, err := h.config.Neighbours.Public(ctx)
	if err != nil {
		return err
	}
	zone, p := h.zone(t), PageVoisins{}
	for i, n := range neighbours {
		v, err := h.neighbour(ctx, l, n, zone)
		if err != nil {
			return err
		}
		v.ID, v.Accord = "v"+l.Number(i+1), h.accord(l, n, len(v.Entries) > 0, zone)
		p.Towns = append(p.Towns, v)
	}
	if p.Former, err = h.former(ctx, l, zone); err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, p)
}

// neighbour is a town with its latest news.
func (h *Handlers) neighbour(ctx context.Context, l *locale.Locale, n town.ListedNeighbour, zone *time.Location) (Voisin, error) {
	v := Voisin{Name: n.Name, URL: n.Base + "/", Host: n.Domain, Km: n.Km}
	if v.Name == "" {
		v.Name = n.Domain
	}
	posts, _, err := h.config.Neighbours.Latest(ctx, n.Domain, newsOfNeighbour)
	if err != nil {
		return v, err
	}
	for _, p := range posts {
		entry := h.away(l, p)
		entry.Shop.Town = ""
		v.Entries = append(v.Entries, entry)
	}
	return v, nil
}
