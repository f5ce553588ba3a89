package town

import (
	"context"
	"fmt"
	"html"
	"strings"

	"bourg/federation"

	"github.com/google/uuid"
)

// letters makes the activities of what has to be sent to a listed account. They all are about it, so that they arrive in their order.
func (x *Externals) letters(ctx context.Context, e *External, deeds []ExternalDeed) ([]Outgoing, error) {
	if len(deeds) == 0 {
		return nil, nil
	}
	here, err := x.Store.Town(ctx)
	if err != nil {
		return nil, err
	}
	relay, err := x.Store.RelayActor(ctx)
	if err != nil {
		return nil, err
	}
	var out []Outgoing
	for _, deed := range deeds {
		from, id, act := relay, deed.Follow, federation.Activity{}
		us := x.Addresses.Actor(relay.ID)
		switch deed.Type {
		case "Follow":
			act = federation.Activity{Type: "Follow", ObjectID: e.Actor}
		case "Undo":
			ours := &federation.Activity{ID: x.Addresses.Activity(deed.Follow), Type: "Follow", Actor: us, ObjectID: e.Actor}
			act = federation.Activity{Type: "Undo", ObjectID: ours.ID, Inner: ours}
			id = uuid.Nil
		case "Ask":
			// The town's own account asks, which people can look at, and block.
			if from, err = x.Store.ActorByHandle(ctx, here.Handle); err != nil {
				return nil, err
			}
			us = x.Addresses.Actor(from.ID)
			act, id = create(x.question(here, us, e)), uuid.Nil
		}
		if id == uuid.Nil {
			if id, err = uuid.NewV7(); err != nil {
				return nil, fmt.Errorf("make an id: %w", err)
			}
		}
		act.Actor, act.To = us, []federation.IRI{e.Actor}
		o, err := x.Addresses.encode(Outgoing{
			ID: id, Actor: from.ID, Leaves: x.now(), To: Recipients{Inboxes: []federation.IRI{e.Inbox}},
		}, act)
		if err != nil {
			return nil, err
		}
		o.Object = e.Actor
		out = append(out, o)
	}
	return out, nil
}

// question is the private message by which an account is asked whether it wants to be shown. It is a Note for it alone, as a
// private answer is, and is served to nobody.
func (x *Externals) question(here *Town, from federation.IRI, e *External) *federation.Object {
	site := string(x.Addresses.at("/"))
	text := "Bonjour ! La commune de " + here.Name + " tient un fil avec les nouvelles de ses commerces, de ses associations et " +
		"de son agenda : " + site + "\n\nNous aimerions y montrer ce que vous publiez ici pour tout le monde, avec votre nom et un lien " +
		"vers votre page. Êtes-vous d'accord ? Répondez OUI ou NON à ce message.\n\nSans réponse de votre part, rien n'est montré. Vous pourrez " +
		"changer d'avis quand vous voudrez : répondez STOP ou bloquez ce compte, et tout disparaît aussitôt de chez nous. Pour dire oui, un " +
		"lien vers " + site + " dans votre profil suffit aussi."
	o := &federation.Object{
		ID: x.Addresses.Post(e.Question), Type: "Note", AttributedTo: from, Content: x.HTML(text), Language: "fr",
		Published: e.Asked, To: []federation.IRI{e.Actor},
	}
	name, _, _ := strings.Cut(e.Handle, "@")
	o.Content = strings.Replace(o.Content, "<p>", `<p><span class="h-card"><a href="`+html.EscapeString(string(e.URL))+
		`" class="u-url mention">@<span>`+html.EscapeString(name)+`</span></a></span> `, 1)
	o.Tags = append(o.Tags, federation.Tag{Type: "Mention", Name: "@" + e.Handle, Href: e.Actor})
	return o
}
