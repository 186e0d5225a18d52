package link

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/sirupsen/logrus"

	"weft/api"
	"weft/controller/pki"
	"weft/controller/serverlog"
	"weft/plan"
)

const (
	// PingEvery is how often a stream without news says that it lives.
	PingEvery   = 5 * time.Second
	writeWithin = 15 * time.Second // an agent that does not read for so long is disconnected
	maxReport   = 32 << 20         // bytes: 100,000 interfaces
	maxJoin     = 64 << 10
	maxAnswer   = 512 << 10 // a packet's way through a switch, in words
)

// Handler is what the link serves.
type Handler interface {
	// Authorize reports whether the certificate with this fingerprint may speak for the host.
	Authorize(host api.HostID, fingerprint string) error
	// Join checks a join secret and answers with a certificate. Errors are *api.Fault.
	Join(ctx context.Context, r plan.JoinRequest) (plan.JoinAnswer, error)
	// Renew gives a host a new certificate on the strength of the one with this fingerprint. Errors are *api.Fault.
	Renew(ctx context.Context, host api.HostID, fingerprint, csr string) (plan.JoinAnswer, error)
	// Report takes what an agent says.
	Report(ctx context.Context, host api.HostID, r plan.Report) error
	// Answer takes the answer to a question of the stream.
	Answer(host api.HostID, a plan.Answer)
	// Stream calls send with each message for the host, a snapshot first, until ctx ends or send fails. Only the newest
	// stream of a host is served: an older one ends with an error.
	Stream(ctx context.Context, host api.HostID, send func(plan.Message) error) error
}

// Server is the agent link's server.
type Server struct {
	Handler Handler
	TLS     *tls.Config // with ClientCAs; the server asks for a client certificate and demands it outside /v1/join
	Log     *logrus.Entry
}

// Serve answers on l until ctx ends.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	conf := s.TLS.Clone()
	conf.ClientAuth = tls.VerifyClientCertIfGiven
	conf.MinVersion = tls.VersionTLS13
	conf.NextProtos = []string{"h2", "http/1.1"}
	srv := &http.Server{
		Handler:           s.routes(),
		TLSConfig:         conf,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          serverlog.New(s.Log),
	}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.ServeTLS(l, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve agent link on %s: %w", l.Addr(), err)
	}
	return nil
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/join", s.join)
	mux.HandleFunc("GET /v1/hosts/{host}/plan", s.authorized(s.plan))
	mux.HandleFunc("PUT /v1/hosts/{host}/report", s.authorized(s.report))
	mux.HandleFunc("POST /v1/hosts/{host}/answer", s.authorized(s.answer))
	mux.HandleFunc("POST /v1/hosts/{host}/certificate", s.authorized(s.renew))
	return mux
}

// authorized lets only the holder of the host's own certificate through.
func (s *Server) authorized(next func(http.ResponseWriter, *http.Request, api.HostID)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		host := api.HostID(r.PathValue("host"))
		cert := peer(r)
		switch {
		case cert == nil:
			fail(w, http.StatusUnauthorized, "a host's certificate is needed; join first with the token of 'weft host create'")
		case cert.Subject.CommonName != string(host):
			s.Log.WithFields(logrus.Fields{"host": host, "certificate": cert.Subject.CommonName, "remote": r.RemoteAddr}).
				Warn("agent speaks for another host than its certificate names; refused")
			fail(w, http.StatusForbidden, fmt.Sprintf("the certificate is of host %q, not %q", cert.Subject.CommonName, host))
		default:
			if err := s.Handler.Authorize(host, pki.Fingerprint(cert)); err != nil {
				fail(w, http.StatusForbidden, err.Error())
				return
			}
			next(w, r, host)
		}
	}
}

func peer(r *http.Request) *x509.Certificate {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil
	}
	return r.TLS.PeerCertificates[0]
}

func (s *Server) join(w http.ResponseWriter, r *http.Request) {
	var req plan.JoinRequest
	if err := decode(w, r, maxJoin, &req); err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	ans, err := s.Handler.Join(r.Context(), req)
	s.certify(w, r, "join", req.Host, ans, err)
}

func (s *Server) renew(w http.ResponseWriter, r *http.Request, host api.HostID) {
	var req plan.RenewRequest
	if err := decode(w, r, maxJoin, &req); err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	ans, err := s.Handler.Renew(r.Context(), host, pki.Fingerprint(peer(r)), req.CSR)
	s.certify(w, r, "renewal", host, ans, err)
}

// certify answers with a certificate, or why there is none.
func (s *Server) certify(w http.ResponseWriter, r *http.Request, what string, host api.HostID, ans plan.JoinAnswer, err error) {
	log := s.Log.WithFields(logrus.Fields{"host": host, "remote": r.RemoteAddr, "err": err})
	var fault *api.Fault
	switch {
	case errors.As(err, &fault):
		log.Warn(what + " of a host is refused")
		fail(w, http.StatusForbidden, fault.Message)
	case err != nil:
		log.Error(what + " failed")
		fail(w, http.StatusInternalServerError, what+" failed; see the controller's log")
	default:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(ans)
	}
}

func (s *Server) report(w http.ResponseWriter, r *http.Request, host api.HostID) {
	var rep plan.Report
	if err := decode(w, r, maxReport, &rep); err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := s.Handler.Report(r.Context(), host, rep); err != nil {
		s.Log.WithFields(logrus.Fields{"host": host, "err": err}).Warn("report not taken")
		fail(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, host api.HostID) {
	var a plan.Answer
	if err := decode(w, r, maxAnswer, &a); err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	s.Handler.Answer(host, a)
	w.WriteHeader(http.StatusNoContent)
}

func decode(w http.ResponseWriter, r *http.Request, limit int64, into any) error {
	// The body's own deadline: the server has none, since plan streams are long.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(writeWithin))
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, limit)).Decode(into); err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	return nil
}

func fail(w http.ResponseWriter, code int, msg string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": msg})
}
