package federation

import (
	"maps"
	"slices"
	"strings"
)

// Namespace is where the terms with the prefix "bourg:" are named. It never changes:
// receivers read the compact names as they stand.
const Namespace = "https://w3id.org/bourg/v1#"

const (
	contextActivityStreams = "https://www.w3.org/ns/activitystreams"
	contextSecurity        = "https://w3id.org/security/v1"
)

// contextOf returns the @context of a document: ActivityStreams, the security
// vocabulary where there is a key, and one inline object that defines the further
// terms in use. No other context is named, so nobody has to fetch one to read us.
func contextOf(document map[string]any) any {
	inline := map[string]any{}
	defineTerms(document, inline)
	context := []any{contextActivityStreams}
	if _, ok := inline["publicKey"]; ok {
		context = append(context, contextSecurity)
		delete(inline, "publicKey")
	}
	if len(inline) > 0 {
		context = append(context, inline)
	}
	if len(context) == 1 {
		return contextActivityStreams
	}
	return context
}

// defineTerms adds to inline the definitions of all terms in v that ActivityStreams
// does not define: names of properties, and values of type.
func defineTerms(v any, inline map[string]any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			defineTerms(item, inline)
		}
	case map[string]any:
		for name, value := range v {
			defineTerm(name, inline)
			if kind, ok := value.(string); ok && name == "type" {
				defineTerm(kind, inline)
			}
			// A map's names are languages; what is Bourg's own is read by Bourg, as it stands.
			if !strings.HasSuffix(name, "Map") && !strings.HasPrefix(name, "bourg:") {
				defineTerms(value, inline)
			}
		}
	}
}

// defineTerm adds the definition of one term, and of the prefix that it needs.
func defineTerm(name string, inline map[string]any) {
	prefix, _, compact := strings.Cut(name, ":")
	if !compact {
		definition, ok := termOf(name)
		if !ok {
			return
		}
		inline[name] = definition
		target, ok := definition.(string)
		if !ok {
			target, _ = definition.(map[string]any)["@id"].(string)
		}
		prefix, _, _ = strings.Cut(target, ":")
	}
	if namespace := prefixOf(prefix); namespace != "" {
		inline[prefix] = namespace
	}
}

// prefixOf returns the namespace behind a prefix; "as" is defined by ActivityStreams.
func prefixOf(prefix string) string {
	switch prefix {
	case "bourg":
		return Namespace
	case "fep8a8e":
		return "https://w3id.org/fep/8a8e/"
	case "gts":
		return "https://gotosocial.org/ns#"
	case "ical":
		return "http://www.w3.org/2002/12/cal/ical#"
	case "mz":
		return "https://joinmobilizon.org/ns#"
	case "pt":
		return "https://joinpeertube.org/ns#"
	case "schema":
		return "http://schema.org#"
	case "sec":
		return "https://w3id.org/security#"
	case "toot":
		return "http://joinmastodon.org/ns#"
	case "wf":
		return "https://purl.archive.org/socialweb/webfinger#"
	}
	return ""
}

// termOf returns the definition of a term that is not ActivityStreams' own.
func termOf(name string) (definition any, ok bool) {
	link := func(id string) any { return map[string]any{"@id": id, "@type": "@id"} }
	switch name {
	case "publicKey":
		return contextSecurity, true // defined there, with all that a key holds
	case "Hashtag", "manuallyApprovesFollowers", "sensitive":
		return "as:" + name, true
	case "alsoKnownAs", "movedTo":
		return link("as:" + name), true
	case "Emoji", "discoverable", "indexable", "suspended":
		return "toot:" + name, true
	case "attributionDomains", "featured":
		return link("toot:" + name), true
	case "PropertyValue", "value", "PostalAddress", "address", "streetAddress", "postalCode",
		"addressLocality", "addressRegion", "addressCountry":
		return "schema:" + name, true
	case "automaticApproval", "canAnnounce", "canLike", "canQuote", "canReply", "interactionPolicy", "manualApproval":
		return link("gts:" + name), true
	case "implements":
		return map[string]any{"@id": "https://w3id.org/fep/844e#implements", "@type": "@id", "@container": "@set"}, true
	case "category", "displayEndTime", "eventStatus", "joinMode", "timezone":
		return "fep8a8e:" + name, true
	case "externalParticipationUrl", "organizers":
		return link("fep8a8e:" + name), true
	case "contacts":
		return link("mz:contacts"), true
	case "commentsEnabled":
		return "pt:commentsEnabled", true
	case "draft", "isOnline", "repliesModerationOption":
		return "mz:" + name, true
	case "focalPoint":
		return map[string]any{"@id": "toot:focalPoint", "@container": "@list"}, true
	case "inLanguage":
		return "schema:inLanguage", true
	case "status":
		return "ical:status", true
	case "uuid":
		return "schema:identifier", true
	case "interactingObject", "interactionTarget":
		return link("gts:" + name), true
	case "QuoteAuthorization", "QuoteRequest":
		return "https://w3id.org/fep/044f#" + name, true
	case "webfinger":
		return "wf:webfinger", true
	case "Multikey":
		return "sec:Multikey", true
	case "assertionMethod", "controller":
		return link("sec:" + name), true
	case "publicKeyMultibase":
		return map[string]any{"@id": "sec:publicKeyMultibase", "@type": "sec:multibase"}, true
	}
	return nil, false
}

// finish makes of what streams serialises what peers read well: arrays where some of
// them insist on arrays even of one, and none of the contexts that streams has put in.
func finish(document map[string]any) {
	delete(document, "@context")
	for _, name := range slices.Collect(maps.Keys(document)) {
		value := document[name]
		switch name {
		case "to", "cc", "tag", "attachment", "alsoKnownAs", "items", "orderedItems", "attributionDomains":
			if _, ok := value.([]any); !ok {
				document[name] = []any{value}
			}
		}
		switch value := document[name].(type) {
		case map[string]any:
			finish(value)
		case []any:
			for _, item := range value {
				if item, ok := item.(map[string]any); ok {
					finish(item)
				}
			}
		}
	}
}
