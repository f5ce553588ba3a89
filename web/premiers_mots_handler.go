package web

import (
	"html/template"
	"net/http"

	"bourg/internal/town"
	"bourg/web/locale"
)

// VersionsDeMessage shows the merchant what somebody wrote before it was edited.
func (h *Handlers) VersionsDeMessage(w http.ResponseWriter, r *http.Request) error {
	ctx, v := r.Context(), visitorOf(r.Context())
	id, err := idIn(r, "reply")
	if err != nil {
		return err
	}
	reply, versions, err := h.config.Messages.Versions(ctx, v.author(), v.merchant.ID, id)
	if err != nil {
		return err
	}
	p := h.formerly(h.renderer.Locale(ctx), reply, versions)
	p.BackURL = messagePath(id)
	return h.show(w, r, http.StatusOK, p)
}

// VersionsDeReponse shows the town hall the same of a public reply.
func (h *Handlers) VersionsDeReponse(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	id, err := idIn(r, "reply")
	if err != nil {
		return err
	}
	reply, versions, err := h.config.Moderator.ReplyVersions(ctx, visitorOf(ctx).author(), id)
	if err != nil {
		return err
	}
	p := h.formerly(h.renderer.Locale(ctx), reply, versions)
	p.TownHall, p.BackURL = true, pathMairie
	return h.show(w, r, http.StatusOK, p)
}

func (h *Handlers) formerly(l *locale.Locale, reply *town.Reply, versions []town.ReplyVersion) PagePremiersMots {
	shown := h.reply(l, town.ThreadEntry{Reply: reply})
	at := reply.Published
	if !reply.Updated.IsZero() {
		at = reply.Updated
	}
	p := PagePremiersMots{
		Author: peerName(reply.Actor), Handle: peerHandle(reply.Actor),
		Now: Mot{From: shown.Author, At: at, Text: warned(shown), Lang: shown.Lang},
	}
	for _, v := range versions {
		p.Former = append(p.Former, Mot{
			From: shown.Author, At: v.Replaced, Lang: foreign(l, v.Language),
			Text: warned(Reponse{Warning: v.Summary, Text: h.stored(v.Content)}),
		})
	}
	return p
}

// stored is the HTML of a peer as it was cleaned before it was stored.
func (h *Handlers) stored(content string) template.HTML { return trusted(content) }
