package main

import (
	"context"
	"errors"
	"strings"

	"bourg/federation"
	"bourg/web"
)

// homes finds the way to visitors' own servers by WebFinger and the intents that these offer (FEP-3b86).
type homes struct{ look *federation.WebFingerLookup }

// Way implements web.Homes.
func (h *homes) Way(ctx context.Context, address string, act web.Geste, object string) (string, error) {
	address = strings.TrimSpace(address)
	if !strings.Contains(address, "@") && !strings.Contains(address, "://") {
		address = "https://" + address + "/" // the server itself, which offers what it offers its people
	}
	finger, err := h.look.Lookup(ctx, address)
	var refused *federation.Refusal
	if errors.As(err, &refused) {
		return "", errors.Join(web.ErrNoAddress, err)
	}
	if err != nil {
		return "", err
	}
	intent := map[web.Geste]string{
		web.GesteSuivre: "Follow", web.GesteRepondre: "Reply", web.GestePartager: "Announce", web.GesteAimer: "Like",
	}[act]
	return string(finger.Intent(intent, federation.IRI(object))), nil
}
