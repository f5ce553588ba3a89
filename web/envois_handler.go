package web

import (
	"net/http"
	"net/url"
)

// Envois shows which servers have not got a piece of news, or its latest edit.
func (h *Handlers) Envois(w http.ResponseWriter, r *http.Request) error {
	ctx, l, v := r.Context(), h.renderer.Locale(r.Context()), visitorOf(r.Context())
	after := r.URL.Query().Get("apres")
	if len(after) > maxHostName {
		return badPage()
	}
	post, err := h.ownPost(r, v)
	if err != nil {
		return err
	}
	t, err := h.config.Directory.Town(ctx)
	if err != nil {
		return err
	}
	reach, err := h.config.Courier.Reach(ctx, v.author(), post)
	if err != nil {
		return err
	}
	p := PageEnvois{Entry: h.entry(l, post, true), Remise: remise(l, reach, "")}
	hosts, more, err := h.config.Courier.Missing(ctx, v.author(), post, clean(after), hostsOnPage)
	if err != nil {
		return err
	}
	for _, m := range hosts {
		p.Hosts = append(p.Hosts, h.missing(l, h.zone(t), m))
	}
	if more {
		p.MoreURL = newsPath(post.ID, "envois") + "?apres=" + url.QueryEscape(hosts[len(hosts)-1].Host)
	}
	return h.show(w, r, http.StatusOK, p)
}

// maxHostName is the longest name of a host, with its port.
const maxHostName = 260
