package federation

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// NodeInfoLookup asks other servers what they are.
type NodeInfoLookup struct {
	Client *Client
}

// RemoteServer is what a server says of itself.
type RemoteServer struct {
	Software    string // name, in lower case; at most 100 runes
	Application IRI    // who speaks for it (FEP-2677); "" where it does not tell
	Metadata    json.RawMessage
}

const maxNodeInfo = 256 << 10 // bytes

// Lookup reads a server's NodeInfo (FEP-f1d5) of version 2.1 or 2.0. base is "https://host" without a path. Its errors
// are those of Client, or ErrNotFound where the links lead nowhere that may be asked.
func (l *NodeInfoLookup) Lookup(ctx context.Context, base IRI) (*RemoteServer, error) {
	found, err := l.Client.Get(ctx, base+"/.well-known/nodeinfo", "application/json", maxNodeInfo)
	if err != nil {
		return nil, err
	}
	var list struct {
		Links []descriptorLink `json:"links"`
	}
	if err := json.Unmarshal(found.Body, &list); err != nil {
		return nil, fmt.Errorf("reading the NodeInfo of %s: %w", base, err)
	}
	server, document, version := &RemoteServer{}, IRI(""), ""
	for _, link := range list.Links {
		switch {
		case link.Rel == relApplication && server.Application == "":
			server.Application = IRI(link.Href)
		case strings.HasPrefix(link.Rel, nodeInfoSchema+"2.") && link.Rel > version:
			document, version = IRI(link.Href), link.Rel
		}
	}
	// Both lie on the host that was asked, which speaks for itself only.
	host := found.URL.Host()
	if document.Host() != host {
		return nil, fmt.Errorf("reading the NodeInfo of %s: %w", base, ErrNotFound)
	}
	if server.Application.Host() != host {
		server.Application = ""
	}
	if found, err = l.Client.Get(ctx, document, "application/json", maxNodeInfo); err != nil {
		return nil, err
	}
	var info struct {
		Software nodeSoftware    `json:"software"`
		Metadata json.RawMessage `json:"metadata"`
	}
	if err := json.Unmarshal(found.Body, &info); err != nil {
		return nil, fmt.Errorf("reading the NodeInfo of %s: %w", base, err)
	}
	server.Software, server.Metadata = cut(strings.ToLower(info.Software.Name), maxWord), info.Metadata
	return server, nil
}
