package federation

import "maps"

// The properties that streams does not know, or not in the form that peers read, as
// plain JSON: language maps beside their texts, tags, attachments, profile tables, keys
// and the extensions of others.

// objectTerms returns such properties of an object.
func objectTerms(o *Object) map[string]any {
	terms := map[string]any{}
	if texts := languageMap(o.ContentMap, o.Language, o.Content); texts != nil {
		terms["contentMap"] = texts
	}
	if texts := languageMap(nil, o.Language, o.Name); texts != nil {
		terms["nameMap"] = texts
	}
	if texts := languageMap(nil, o.Language, o.Summary); texts != nil {
		terms["summaryMap"] = texts
	}
	if o.Sensitive {
		terms["sensitive"] = true
	}
	if len(o.Attachments) > 0 {
		list := make([]any, len(o.Attachments))
		for i := range o.Attachments {
			list[i] = attachmentTerm(&o.Attachments[i])
		}
		terms["attachment"] = list
	}
	if o.Image != nil {
		terms["image"] = attachmentTerm(o.Image)
	}
	if len(o.Tags) > 0 {
		list := make([]any, len(o.Tags))
		for i, tag := range o.Tags {
			list[i] = tagTerm(tag)
		}
		terms["tag"] = list
	}
	if o.IsPublic() && o.Type != "Tombstone" {
		terms["interactionPolicy"] = openPolicy()
	}
	maps.Copy(terms, o.Extra)
	return terms
}

// openPolicy lets everybody like, reply and announce without asking
// (GoToSocial's interactionPolicy), and quote: each QuoteRequest (FEP-044f) is answered with an authorisation.
// Mastodon takes the absence of canQuote for a no.
func openPolicy() map[string]any {
	everybody := map[string]any{"automaticApproval": []any{string(Public)}}
	return map[string]any{"canAnnounce": everybody, "canLike": everybody, "canQuote": everybody, "canReply": everybody}
}

// languageMap returns the texts by language where they are known, else the one text
// under its language; nil where there is none. Mastodon reads the language from it.
func languageMap(texts map[string]string, language, text string) map[string]any {
	if len(texts) == 0 {
		if language == "" || text == "" {
			return nil
		}
		return map[string]any{language: text}
	}
	out := make(map[string]any, len(texts))
	for tag, text := range texts {
		out[tag] = text
	}
	return out
}

// firstPageTerm is the page that is embedded in a collection's head. It has no id, for it is
// found nowhere else.
func firstPageTerm(c *Collection) map[string]any {
	items := make([]any, len(c.First))
	for i, id := range c.First {
		items[i] = string(id)
	}
	page := map[string]any{"type": "CollectionPage", "partOf": string(c.ID), "items": items}
	if c.Next != "" {
		page["next"] = string(c.Next)
	}
	return page
}

func attachmentTerm(i *Image) map[string]any {
	term := map[string]any{"type": i.Type, "url": string(i.URL)}
	switch i.Type {
	case "":
		term["type"] = "Document"
	case "Link":
		delete(term, "url")
		term["href"] = string(i.URL)
	}
	if i.MediaType != "" {
		term["mediaType"] = i.MediaType
	}
	if i.Name != "" {
		term["name"] = i.Name
	}
	if i.Summary != "" {
		term["summary"] = i.Summary
	}
	if i.Width > 0 && i.Height > 0 {
		term["width"], term["height"] = i.Width, i.Height
	}
	if i.FocalPoint != nil {
		term["focalPoint"] = []any{Float(i.FocalPoint[0]), Float(i.FocalPoint[1])}
	}
	return term
}

func tagTerm(t Tag) map[string]any {
	term := map[string]any{"type": t.Type, "name": t.Name}
	switch {
	case t.Type == "Emoji":
		term["icon"] = map[string]any{"type": "Image", "url": string(t.Href)}
	case t.Href != "":
		term["href"] = string(t.Href)
	}
	return term
}

// actorTerms returns such properties of an actor. A key that is no PEM is an error.
func actorTerms(a *Actor) (map[string]any, error) {
	terms := map[string]any{
		"manuallyApprovesFollowers": a.Manual,
		"indexable":                 a.Indexable,
	}
	if a.WebFinger != "" {
		terms["webfinger"] = a.WebFinger
	}
	if a.SharedInbox != "" {
		terms["endpoints"] = map[string]any{"sharedInbox": string(a.SharedInbox)}
	}
	if texts := languageMap(a.Languages, "", ""); texts != nil {
		terms["summaryMap"] = texts
	}
	if len(a.Fields) > 0 {
		list := make([]any, len(a.Fields))
		for i, field := range a.Fields {
			list[i] = map[string]any{"type": "PropertyValue", "name": field.Name, "value": field.Value}
		}
		terms["attachment"] = list
	}
	if len(a.AlsoKnownAs) > 0 {
		list := make([]any, len(a.AlsoKnownAs))
		for i, id := range a.AlsoKnownAs {
			list[i] = string(id)
		}
		terms["alsoKnownAs"] = list
	}
	if a.MovedTo != "" {
		terms["movedTo"] = string(a.MovedTo)
	}
	if a.Suspended {
		terms["suspended"] = true
	}
	if len(a.AttributionDomains) > 0 {
		list := make([]any, len(a.AttributionDomains))
		for i, domain := range a.AttributionDomains {
			list[i] = domain
		}
		terms["attributionDomains"] = list
	}
	if len(a.Categories) > 0 {
		terms["bourg:categories"] = a.Categories
	}
	if err := keyTerms(a.Keys, terms); err != nil {
		return nil, err
	}
	maps.Copy(terms, a.Extra)
	return terms, nil
}

// keyTerms adds the keys: the first RSA key as publicKey, the others as Multikeys.
func keyTerms(keys []PublicKey, terms map[string]any) error {
	var methods []any
	for _, key := range keys {
		rsa, err := isRSA(key.PEM)
		if err != nil {
			return err
		}
		if rsa && terms["publicKey"] == nil {
			terms["publicKey"] = map[string]any{"id": string(key.ID), "owner": string(key.Owner), "publicKeyPem": key.PEM}
			continue
		}
		multibase, err := encodeMultikey(key.PEM)
		if err != nil {
			return err
		}
		methods = append(methods, map[string]any{
			"id": string(key.ID), "type": "Multikey", "controller": string(key.Owner), "publicKeyMultibase": multibase,
		})
	}
	if methods != nil {
		terms["assertionMethod"] = methods
	}
	return nil
}
