package federation

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
)

// Relations of the links in /.well-known/nodeinfo.
const (
	nodeInfoSchema = "http://nodeinfo.diaspora.software/ns/schema/"
	relApplication = "https://www.w3.org/ns/activitystreams#Application" // FEP-2677
)

// NodeInfo tells what this server is (FEP-f1d5): Links is served at
// /.well-known/nodeinfo, Document at /nodeinfo/2.0 and /nodeinfo/2.1.
type NodeInfo struct {
	Base      IRI
	Software  string // in lower case
	Actors    LocalActors
	Documents Documents
	Log       *slog.Logger
}

// Links answers where the documents are, and who speaks for the server (FEP-2677).
func (n *NodeInfo) Links(w http.ResponseWriter, r *http.Request) {
	allowReading(w)
	if !isRead(w, r) {
		return
	}
	links := []descriptorLink{
		{Rel: nodeInfoSchema + "2.1", Href: string(n.Base) + "/nodeinfo/2.1"},
		{Rel: nodeInfoSchema + "2.0", Href: string(n.Base) + "/nodeinfo/2.0"},
	}
	server, err := n.Actors.ServerActor(r.Context())
	if err != nil {
		answerFault(w, r, n.Log, err)
		return
	}
	links = append(links, descriptorLink{Rel: relApplication, Type: ActivityType, Href: string(server.ID)})
	body, err := json.Marshal(map[string]any{"links": links})
	if err != nil {
		answerFault(w, r, n.Log, err)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=3600")
	serve(w, r, "application/json; charset=utf-8", body)
}

// nodeInfo is the document of schema 2.0 and 2.1, which differ in nothing that is used here.
type nodeInfo struct {
	Version           string         `json:"version"`
	Software          nodeSoftware   `json:"software"`
	Protocols         []string       `json:"protocols"`
	Services          nodeServices   `json:"services"`
	OpenRegistrations bool           `json:"openRegistrations"`
	Usage             nodeUsage      `json:"usage"`
	Metadata          map[string]any `json:"metadata"`
}

type nodeSoftware struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

type nodeServices struct {
	Inbound  []string `json:"inbound"`
	Outbound []string `json:"outbound"`
}

type nodeUsage struct {
	Users struct {
		Total          int `json:"total"`
		ActiveMonth    int `json:"activeMonth"`
		ActiveHalfyear int `json:"activeHalfyear"`
	} `json:"users"`
	LocalPosts int `json:"localPosts"`
}

// Document answers with the schema that the path ends in.
func (n *NodeInfo) Document(w http.ResponseWriter, r *http.Request) {
	allowReading(w)
	if !isRead(w, r) {
		return
	}
	version := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	if version != "2.0" && version != "2.1" {
		answerError(w, http.StatusNotFound, "not_found")
		return
	}
	info, err := n.Documents.ServerInfo(r.Context())
	if err != nil {
		answerFault(w, r, n.Log, err)
		return
	}
	document := nodeInfo{
		Version:           version,
		Software:          nodeSoftware{Name: n.Software, Version: info.SoftwareVersion},
		Protocols:         []string{"activitypub"},
		Services:          nodeServices{Inbound: []string{}, Outbound: []string{}},
		OpenRegistrations: info.OpenRegistrations,
		Metadata:          map[string]any{},
	}
	document.Usage.Users.Total = info.Users
	document.Usage.Users.ActiveMonth = info.ActiveMonth
	document.Usage.Users.ActiveHalfyear = info.ActiveHalfyear
	document.Usage.LocalPosts = info.LocalPosts
	for key, value := range info.Metadata {
		document.Metadata[key] = value
	}
	document.Metadata["nodeName"] = info.Name
	document.Metadata["nodeDescription"] = info.Description
	body, err := json.Marshal(document)
	if err != nil {
		answerFault(w, r, n.Log, err)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=600")
	serve(w, r, `application/json; profile="`+nodeInfoSchema+version+`#"; charset=utf-8`, body)
}
