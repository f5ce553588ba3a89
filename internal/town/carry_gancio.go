package town

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"bourg/federation"
)

// gancioEvent takes the event out of a merchant's activity, and gives it the form that Gancio reads (1.21,
// server/federation/events.js): it is the relay's, whom Gancio holds for its owner; Gancio downloads the first attachment, and
// shows its name as the text for who does not see it; the address of a place is one line; an end that people need not see is left
// out, because it would be shown.
func gancioEvent(activity []byte, relay federation.IRI) (json.RawMessage, error) {
	var of struct {
		Object map[string]any `json:"object"`
	}
	decoder := json.NewDecoder(bytes.NewReader(activity))
	decoder.UseNumber() // 46.0 stays 46.0
	if err := decoder.Decode(&of); err != nil {
		return nil, fmt.Errorf("read the event: %w", err)
	}
	event := of.Object
	event["attributedTo"], event["actor"] = string(relay), string(relay)
	pictures := []any{}
	list, _ := event["attachment"].([]any)
	for _, one := range list {
		picture, _ := one.(map[string]any)
		if kind, _ := picture["mediaType"].(string); !strings.HasPrefix(kind, "image/") || picture["url"] == nil {
			continue
		}
		if seen, found := picture["summary"]; found { // the name says what it is for
			picture["name"] = seen
			delete(picture, "summary")
		} else if picture["name"] == "Banner" {
			delete(picture, "name")
		}
		pictures = append(pictures, picture)
	}
	event["attachment"] = pictures
	if event["displayEndTime"] == false {
		delete(event, "endTime")
		delete(event, "displayEndTime")
	}
	if place, _ := event["location"].(map[string]any); place != nil {
		if address, _ := place["address"].(map[string]any); address != nil {
			place["address"] = addressLine(address)
		}
	}
	return json.Marshal(event)
}

// addressLine is a PostalAddress in one line.
func addressLine(address map[string]any) string {
	street, _ := address["streetAddress"].(string)
	code, _ := address["postalCode"].(string)
	locality, _ := address["addressLocality"].(string)
	line := strings.TrimSpace(code + " " + locality)
	if street != "" && line != "" {
		return street + ", " + line
	}
	return street + line
}
