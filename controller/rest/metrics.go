package rest

import (
	"bytes"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"weft/controller/rest/request"
)

// metrics are what the handler counts of itself.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMetrics(reg *prometheus.Registry) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "weft_rest_requests_total", Help: "Requests answered, by method, route and status code.",
		}, []string{"method", "route", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "weft_rest_request_seconds", Help: "Time to answer a request, by method and route.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 4, 9),
		}, []string{"method", "route"}),
	}
	reg.MustRegister(m.requests, m.seconds)
	return m
}

// seen counts a request. Labels come from our own routes only, so that no client can make new ones.
func (m *metrics) seen(method, route string, status int, d time.Duration) {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodHead:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(method, route).Observe(d.Seconds())
}

// showMetrics answers in Prometheus' text form.
func (s *server) showMetrics(c *request.Call) (request.Answer, error) {
	p := capture{header: http.Header{}, status: http.StatusOK}
	promhttp.HandlerFor(s.Registry, promhttp.HandlerOpts{DisableCompression: true}).ServeHTTP(&p, c.Request)
	return request.Answer{Status: p.status, Body: p.body.Bytes(), Header: p.header}, nil
}

// capture keeps what another handler answers.
type capture struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (c *capture) Header() http.Header { return c.header }

func (c *capture) WriteHeader(status int) { c.status = status }

func (c *capture) Write(b []byte) (int, error) { return c.body.Write(b) }
