package federation

// CollectionPage is a collection or one page of it, as a peer serves it.
type CollectionPage struct {
	ID         IRI
	Type       string // Collection, OrderedCollection, CollectionPage or OrderedCollectionPage
	TotalItems int
	First      IRI // the first page, where the collection has pages
	Next       IRI // the page after this one
	// Items are the ids of the items, each once. What was embedded is left out: the owner
	// of each id is the one to ask.
	Items []IRI
	// About are the ids of what the items are about, each once, where these are embedded activities, as in an outbox: the object of a
	// Create, or of the activity that an Announce carries. They are claims of the collection's owner.
	About []IRI
}

// DecodeCollection reads a collection or a page of one; a first page that is embedded
// in its collection is taken with it. It answers a *Refusal with the codes type and id.
func DecodeCollection(doc *Document) (*CollectionPage, error) {
	page := collectionPage(doc.root)
	switch page.Type {
	case "Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage":
	default:
		return nil, refuse("type")
	}
	if first := doc.root.child("first"); first != nil && len(page.Items) == 0 {
		embedded := collectionPage(first)
		page.Items, page.About, page.Next = embedded.Items, embedded.About, embedded.Next
	}
	return page, nil
}

func collectionPage(o object) *CollectionPage {
	p := &CollectionPage{
		ID: o.iri("id"), Type: o.str("type"), TotalItems: o.count("totalItems"),
		First: o.iri("first"), Next: o.iri("next"),
	}
	if p.Items = o.iris("orderedItems"); p.Items == nil {
		p.Items = o.iris("items")
	}
	for _, v := range append(o.list("orderedItems"), o.list("items")...) {
		if id := aboutOf(v, maxActivities); id != "" && !contains(p.About, id) {
			p.About = append(p.About, id)
		}
	}
	return p
}

// aboutOf returns the id of what an embedded Create, Update or Announce is about; "" for anything else. levels is how many
// activities may be within each other.
func aboutOf(v any, levels int) IRI {
	act, ok := v.(object)
	if !ok || levels == 0 {
		return ""
	}
	switch act.str("type") {
	case "Create", "Update", "Announce":
	default:
		return ""
	}
	about := act.list("object")
	if len(about) == 0 {
		return ""
	}
	if inner, ok := about[0].(object); ok && kindOf(inner.str("type")) == kindActivity {
		return aboutOf(inner, levels-1)
	}
	return iriOf(about[0])
}

// collection reads the head of an embedded collection, or of one of which only the id is given.
func collection(o object, name string) *Collection {
	c := &Collection{ID: o.iri(name)}
	if head := o.child(name); head != nil {
		c.TotalItems = head.count("totalItems")
	}
	if c.ID == "" && c.TotalItems == 0 {
		return nil
	}
	return c
}
