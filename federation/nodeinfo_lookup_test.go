package federation

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
)

func TestNodeInfoLookupBelievesTheHostThatItAsked(t *testing.T) {
	t.Parallel()
	link := func(rel, href string) string { return fmt.Sprintf(`{"rel":%q,"href":%q}`, rel, href) }
	const document = `{"software":{"name":"Bourg","version":"1"},"metadata":{"bourg":{"protocol":1}}}`
	for _, tt := range []struct {
		name     string
		links    func(own string) string
		document string
		want     string // software and application, %s for the host; "": an error
		err      error
	}{
		{"the highest version it has", func(own string) string {
			return link(nodeInfoSchema+"2.0", own+"/nope") + "," + link(nodeInfoSchema+"2.1", own+"/info") + "," + link(relApplication, own+"/actor")
		}, document, "bourg %s/actor", nil},
		{"an Application of somebody else's", func(own string) string {
			return link(nodeInfoSchema+"2.0", own+"/info") + "," + link(relApplication, "https://mairie.example/actor")
		}, document, "bourg ", nil},
		{"a document of somebody else's", func(string) string { return link(nodeInfoSchema+"2.0", "https://mairie.example/info") }, document, "", ErrNotFound},
		{"no document", func(string) string { return "" }, document, "", ErrNotFound},
		{"a document that is none", func(own string) string { return link(nodeInfoSchema+"2.0", own+"/info") }, "<html>", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var peer *testPeer
			peer = startPeer(t, "127.0.0.2", func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/.well-known/nodeinfo":
					_, _ = io.WriteString(w, `{"links":[`+tt.links(peer.URL)+`]}`)
				case "/info":
					_, _ = io.WriteString(w, tt.document)
				default:
					w.WriteHeader(http.StatusNotFound)
				}
			})
			l := &NodeInfoLookup{Client: closedClient(t, "127.0.0.0/8", nil)}
			got, err := l.Lookup(t.Context(), IRI(peer.URL))
			if tt.want == "" {
				if err == nil || (tt.err != nil && !errors.Is(err, tt.err)) {
					t.Errorf("got %+v and error %v, want the error %v", got, err, tt.err)
				}
				return
			}
			want := tt.want
			if want != "bourg " {
				want = fmt.Sprintf(tt.want, peer.URL)
			}
			if err != nil || got.Software+" "+string(got.Application) != want {
				t.Errorf("got %+v and error %v, want %s", got, err, want)
			}
		})
	}
}
