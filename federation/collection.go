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
		page.Items, page.Next = embedded.Items, embedded.Next
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
	return p
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
