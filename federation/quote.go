package federation

import "errors"

// QuoteAuthorization is the type of an Object by which somebody lets another quote a post
// (FEP-044f): AttributedTo grants it, Quoting is the quoting object, Quoted the quoted one. It must be found
// at its id, on the host of who grants it; who no longer finds it there takes the quote for revoked.
const QuoteAuthorization = "QuoteAuthorization"

// NewQuoteAuthorization returns the object that lets quoting quote quoted, whose author is by.
func NewQuoteAuthorization(id, by, quoting, quoted IRI) *Object {
	return &Object{
		ID: id, Type: QuoteAuthorization, AttributedTo: by,
		Extra: map[string]any{"interactingObject": string(quoting), "interactionTarget": string(quoted)},
	}
}

// encodeAuthorization writes a QuoteAuthorization, which streams does not know.
func encodeAuthorization(o *Object) ([]byte, error) {
	if o.ID == "" || o.AttributedTo == "" || o.Extra["interactingObject"] == nil || o.Extra["interactionTarget"] == nil {
		return nil, errors.New("authorisation without id, author or objects")
	}
	return write(map[string]any{
		"id": string(o.ID), "type": QuoteAuthorization, "attributedTo": string(o.AttributedTo),
		"interactingObject": o.Extra["interactingObject"], "interactionTarget": o.Extra["interactionTarget"],
	})
}

// quoteRequestTerm writes a QuoteRequest inside the activity that answers it, which streams
// does not know either. Mastodon finds what it asked for by all four.
func quoteRequestTerm(a *Activity) map[string]any {
	return map[string]any{
		"id": string(a.ID), "type": a.Type, "actor": string(a.Actor),
		"object": string(a.ObjectID), "instrument": string(a.Instrument),
	}
}
