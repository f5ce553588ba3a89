package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"bourg/federation"
	"bourg/internal/town"
)

func TestNeighbourWithNothingNewSendsNoList(t *testing.T) {
	t.Parallel()
	s := newWorker(t)
	at := time.Date(2026, 11, 26, 7, 10, 0, 0, time.UTC)
	sent := 0
	var listed []town.ActiveLine
	peer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Signature") == "" {
			t.Error("the list was asked for without a signature")
		}
		w.Header().Set("ETag", activeTag(listed))
		if r.Header.Get("If-None-Match") == activeTag(listed) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		sent++
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		for _, l := range listed {
			_, _ = io.WriteString(w, l.String()+"\n")
		}
	}))
	t.Cleanup(peer.Close)
	listed = []town.ActiveLine{{ID: federation.IRI(peer.URL + "/posts/1"), Changed: at}, {ID: federation.IRI(peer.URL + "/posts/2"), Changed: at}}
	reader := &cards{fetcher: s.fetcher, store: s.town.store}
	domain, list := strings.TrimPrefix(peer.URL, "http://"), federation.IRI(peer.URL+"/active")
	for i, c := range []struct {
		known []town.ActiveLine
		sent  int
	}{{nil, 1}, {listed[:1], 2}, {[]town.ActiveLine{listed[1], listed[0]}, 2}} {
		got, err := reader.ReadActive(t.Context(), list, domain, c.known)
		slices.SortFunc(got, func(a, b town.ActiveLine) int { return strings.Compare(string(a.ID), string(b.ID)) })
		if err != nil || !slices.Equal(got, listed) || sent != c.sent {
			t.Errorf("%d: got %v, %v with %d lists sent; want both lines with %d", i, got, err, sent, c.sent)
		}
	}
}
