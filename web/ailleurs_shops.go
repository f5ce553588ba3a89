package web

import (
	"context"

	"bourg/internal/sanitize"
	"bourg/internal/town"
	"bourg/web/locale"
)

// shopsElsewhere are the listed accounts that stand in the directory, as merchants who have nothing but a name, a trade and a place, and
// which account each one is. What they have for a handle is nobody's.
func (h *Handlers) shopsElsewhere(ctx context.Context) (list []*town.Merchant, of map[*town.Merchant]*town.External, err error) {
	all, err := h.config.Externals.Shown(ctx)
	if err != nil {
		return nil, nil, err
	}
	of = map[*town.Merchant]*town.External{}
	for _, e := range all {
		if !e.IsShop() {
			continue
		}
		m := &town.Merchant{Handle: "ailleurs-" + e.ID.String(), Name: e.Name, Trade: e.Trade, Lat: e.Lat, Lon: e.Lon}
		list, of[m] = append(list, m), e
	}
	return list, of, nil
}

// listedShop is a listed account as a shop of the directory, whose sign leads to where it lives.
func listedShop(l *locale.Locale, e *town.External) Commerce {
	c := Commerce{
		Name: sanitize.Line(e.Name), URL: string(e.URL), Handle: "@" + e.Handle, Trade: TradeName(l, e.Trade), Address: e.Address, Phone: e.Phone,
		Lives: e.Host,
	}
	if trade, err := town.TradeBySlug(e.Trade); err == nil {
		c.Mark, c.Paint = trade.Icon, trade.Paint
	}
	return c
}
