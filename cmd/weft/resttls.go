package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"

	"github.com/sirupsen/logrus"

	"weft/controller/auth"
	"weft/controller/rest"
)

// serve answers on the REST listener until ctx ends.
func (f *restFlags) serve(ctx context.Context, l net.Listener, own func() (*tls.Certificate, error), h http.Handler, log *logrus.Entry) error {
	l, err := f.secure(l, own, log)
	if err != nil {
		return err
	}
	return rest.ServeListener(ctx, l, h, log.WithField("link", "rest"))
}

// secure puts the REST listener under TLS, if the flags ask for it. own is the certificate that the controller signs
// itself.
func (f *restFlags) secure(l net.Listener, own func() (*tls.Certificate, error), log *logrus.Entry) (net.Listener, error) {
	choose, err := f.certificate(own, log)
	if err != nil {
		return nil, err
	}
	if choose == nil {
		if a, err := netip.ParseAddrPort(l.Addr().String()); err == nil && !a.Addr().Unmap().IsLoopback() {
			log.WithField("rest", l.Addr()).Warn("the REST API is not under TLS: whoever listens on the way learns the tokens; see --rest-tls")
		}
		return l, nil
	}
	return tls.NewListener(l, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return choose() },
	}), nil
}

// certificate gives what chooses the certificate of each connection; nil: there is no TLS.
func (f *restFlags) certificate(own func() (*tls.Certificate, error), log *logrus.Entry) (func() (*tls.Certificate, error), error) {
	switch {
	case f.tls != "" && f.tls != "auto":
		return nil, fmt.Errorf("--rest-tls %s: want auto, or name files with --rest-tls-cert and --rest-tls-key", f.tls)
	case (f.tlsCert == "") != (f.tlsKey == ""):
		return nil, errors.New("--rest-tls-cert and --rest-tls-key need each other")
	case f.tls != "" && f.tlsCert != "":
		return nil, errors.New("--rest-tls auto and --rest-tls-cert exclude each other")
	case f.tls == "auto":
		return own, nil
	case f.tlsCert == "":
		return nil, nil
	}
	read := func(string) (*tls.Certificate, error) {
		c, err := tls.LoadX509KeyPair(f.tlsCert, f.tlsKey)
		return &c, err
	}
	w, err := auth.Watch(f.tlsCert, read, func(err error) {
		log.WithField("err", err).Error("the certificate of the REST API cannot be read")
	}, f.tlsKey)
	if err != nil {
		return nil, fmt.Errorf("--rest-tls-cert: %w", err)
	}
	return func() (*tls.Certificate, error) { return w.Get(), nil }, nil
}
