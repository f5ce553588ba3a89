package postgres

import (
	"encoding/json"
	"fmt"

	"bourg/internal/town"
)

// keptDetails is the form of the columns details: of the three, the one of the post's kind.
type keptDetails struct {
	Offer   *town.OfferDetails   `json:"offer,omitempty"`
	Product *town.ProductDetails `json:"product,omitempty"`
	Event   *town.EventDetails   `json:"event,omitempty"`
}

func writeDetails(d *town.Details) ([]byte, error) {
	encoded, err := json.Marshal(keptDetails{Offer: d.Offer, Product: d.Product, Event: d.Event})
	if err != nil {
		return nil, fmt.Errorf("write details: %w", err)
	}
	return encoded, nil
}

func readDetails(encoded []byte, d *town.Details) error {
	var kept keptDetails
	if err := json.Unmarshal(encoded, &kept); err != nil {
		return fmt.Errorf("read details: %w", err)
	}
	d.Offer, d.Product, d.Event = kept.Offer, kept.Product, kept.Event
	return nil
}
