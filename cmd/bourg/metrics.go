package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"bourg/federation"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics counts what an operator watches. Nothing in it tells who did something.
type metrics struct {
	registry   *prometheus.Registry
	requests   *prometheus.HistogramVec
	refusals   *prometheus.CounterVec
	deliveries *prometheus.CounterVec
	signatures *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bourg_http_request_seconds", Help: "Time to answer, by route and status.",
			Buckets: []float64{.001, .005, .02, .1, .5, 2, 10},
		}, []string{"method", "route", "status"}),
		refusals: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bourg_rejected_total", Help: "Activities that were refused or dropped, by reason.",
		}, []string{"reason"}),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bourg_deliveries_total", Help: "Attempts to deliver, by outcome.",
		}, []string{"outcome"}),
		signatures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "bourg_signatures_verified_total", Help: "Activities whose signature was verified, by its scheme.",
		}, []string{"scheme"}),
	}
	m.registry.MustRegister(m.requests, m.refusals, m.deliveries, m.signatures,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// count measures each request under its route's pattern.
func (m *metrics) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		seen := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(seen, r)
		pattern := chi.RouteContext(r.Context()).RoutePattern()
		if pattern == "" {
			pattern = "none"
		}
		m.requests.WithLabelValues(method(r), pattern, strconv.Itoa(seen.Status())).Observe(time.Since(begun).Seconds())
	})
}

// method keeps strangers from making a label of each word they think of.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost:
		return r.Method
	default:
		return "other"
	}
}

func (m *metrics) rejected(code string) { m.refusals.WithLabelValues(code).Inc() }

func (m *metrics) verified(scheme federation.SignatureScheme) {
	m.signatures.WithLabelValues(scheme.String()).Inc()
}

func (m *metrics) delivered(r federation.DeliveryResult) {
	name := map[federation.Outcome]string{
		federation.Delivered: "delivered", federation.Retry: "retry",
		federation.Abandoned: "abandoned", federation.InboxGone: "gone",
	}[r.Outcome]
	m.deliveries.WithLabelValues(name).Inc()
}

// serve answers /metrics on an address of its own until ctx ends; "" serves nothing.
func (m *metrics) serve(ctx context.Context, address string) error {
	if address == "" {
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: readHeaderWithin}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen for metrics on %s: %w", address, err)
	}
	go func() {
		<-ctx.Done()
		_ = srv.Close()
	}()
	if err := srv.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve metrics: %w", err)
	}
	return nil
}
