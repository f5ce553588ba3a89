package federation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// ErrLocal says that the account that was looked for is one of this server's.
var ErrLocal = errors.New("an account of this server")

// findWithin bounds a look-up that somebody waits for, over all its requests.
const findWithin = 20 * time.Second

// AccountFinder finds people on other servers while somebody waits for it. It remembers nothing, so what it returns is what
// their servers say now.
type AccountFinder struct {
	Lookup  *WebFingerLookup
	Fetcher *Fetcher
}

// FindAccount finds an actor by what a person typed: a handle, "@user@host" with or without the first "@", or the address of
// a profile. It returns the actor's document, passed by the authority gate, and the handle that its hosts confirm.
//
// It answers a *Refusal with status 400 where the text is neither, ErrLocal where it is one of our own, ErrBlocked,
// ErrNotFound or ErrUnconfirmed, another *Refusal where the document is not what it should be, and errors of Client.
func (f *AccountFinder) FindAccount(ctx context.Context, typed string) (Verified[*Actor], string, error) {
	var none Verified[*Actor]
	ctx, cancel := context.WithTimeout(ctx, findWithin)
	defer cancel()
	typed = strings.TrimSpace(typed)
	if strings.HasPrefix(typed, "https://") || strings.HasPrefix(typed, "http://") {
		return f.atAddress(ctx, IRI(typed))
	}
	_, host, ok := splitHandle(typed)
	if !ok {
		return none, "", &Refusal{Status: http.StatusBadRequest, Code: "bad_handle"}
	}
	if err := f.mayAsk(ctx, CanonicalHost("https", host)); err != nil {
		return none, "", err
	}
	finger, err := f.Lookup.Lookup(ctx, typed)
	if err != nil {
		return none, "", err
	}
	if err := f.mayAsk(ctx, finger.Actor.Host()); err != nil {
		return none, "", err
	}
	actor, err := f.Fetcher.FetchActor(ctx, finger.Actor)
	if err != nil {
		return none, "", err
	}
	return actor, finger.Handle, nil
}

// atAddress finds the actor whose page or document has this address. The document tells its handle, which is then confirmed.
func (f *AccountFinder) atAddress(ctx context.Context, address IRI) (Verified[*Actor], string, error) {
	var none Verified[*Actor]
	if err := f.mayAsk(ctx, address.Host()); err != nil {
		return none, "", err
	}
	actor, err := f.Fetcher.FindActor(ctx, address)
	if err != nil {
		return none, "", err
	}
	handle, err := f.Lookup.Confirm(ctx, actor.Value())
	if err != nil {
		return none, "", err
	}
	return actor, handle, nil
}

// mayAsk tells whether a host may be asked: it is not our own, and not blocked.
func (f *AccountFinder) mayAsk(ctx context.Context, host string) error {
	if host == f.Fetcher.Authority.Host {
		return ErrLocal
	}
	if f.Fetcher.Gate == nil {
		return nil
	}
	if err := f.Fetcher.Gate.Allowed(ctx, host); err != nil {
		return fmt.Errorf("looking for an account: %w", err)
	}
	return nil
}
