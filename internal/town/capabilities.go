package town

// capabilities are what other servers cannot see from our documents (FEP-844e, which forbids to list anything else): how
// they may sign what they send us.
func capabilities() []any {
	const rfc9421 = "https://datatracker.ietf.org/doc/html/rfc9421"
	link := func(href, name string) any { return map[string]any{"type": "Link", "href": href, "name": name} }
	return []any{
		link(rfc9421, "RFC-9421: HTTP Message Signatures"),
		link(rfc9421+"#name-eddsa-using-curve-edwards25", "RFC-9421 signatures using the Ed25519 algorithm"),
	}
}

// generator is the program that speaks through an actor, and what it can do (FEP-844e, "Discovery through an actor").
func generator() map[string]any {
	return map[string]any{"type": "Application", "name": "Bourg", "implements": capabilities()}
}
