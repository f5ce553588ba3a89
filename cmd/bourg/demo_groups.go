package main

import (
	"context"
	"fmt"

	"bourg/internal/town"

	"github.com/google/uuid"
)

// demoGroup is a page that people follow in the place of single shops, as the town hall of a sample town made it.
type demoGroup struct {
	kind                       town.GroupKind
	name, where, when, summary string
	members                    []string // handles of shops
}

// demoGroups are the markets and collectives of the sample towns, by the town's folder, and the trades that have a page.
func demoGroups(folder string) (groups []demoGroup, trades []string) {
	if folder == "la-bastide" {
		return []demoGroup{
			{town.GroupMarket, "Marché du mercredi", "place Haute", "le mercredi de 8 h à 12 h 30", "Vingt étals l’hiver, quarante l’été.",
				[]string{"chevrerie", "marche_bastide"}},
			{town.GroupCollective, "Les quais du Port-Vieux", "", "", "Ceux qui vivent au bord de l’eau : la table, le marché, les fêtes.",
				[]string{"gabare", "marche_bastide"}},
		}, []string{"fromagerie"}
	}
	return []demoGroup{
		{town.GroupMarket, "Marché du jeudi", "sous la halle", "le jeudi de 8 h à 13 h", "Le marché de toute la semaine, sous la halle pendant les travaux de la place.",
			[]string{"potager", "miellerie", "garrigue", "deux_feves", "boucherie"}},
		{town.GroupMarket, "Marché de producteurs", "place de la Fontaine", "le samedi de 8 h à 12 h 30", "",
			[]string{"potager", "miellerie", "terre_rouge"}},
		{town.GroupCollective, "Les vitrines de la Fontaine", "", "", "Six maisons autour de la place, qui ouvrent ensemble les soirs de fête.",
			[]string{"fournil", "page_cornee", "garrigue", "deux_feves", "fontaine", "boucherie"}},
	}, []string{"boulangerie", "primeur"}
}

// fillGroups makes them, before there is news for them to pass on.
func fillGroups(ctx context.Context, t *theTown, d *demoTown, shops map[string]*town.Merchant) error {
	groups, trades := demoGroups(d.folder)
	for _, g := range groups {
		var members []uuid.UUID
		for _, handle := range g.members {
			members = append(members, shops[handle].ID)
		}
		_, err := t.groups.Add(ctx, operator, town.NewGroup{Kind: g.kind, Name: g.name, Summary: g.summary, Where: g.where, When: g.when, Members: members})
		if err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
	}
	for _, trade := range trades {
		if _, err := t.groups.SwitchTrade(ctx, operator, trade, true); err != nil {
			return fmt.Errorf("the page of %s: %w", trade, err)
		}
	}
	return nil
}
