package main

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spf13/pflag"

	"weft/controller/auth"
)

// restFlags are the flags of "weft controller" that say who may use the REST API.
type restFlags struct {
	auth     string
	keystone keystoneFlags
	auditLog string

	tls, tlsCert, tlsKey string
}

func (f *restFlags) bind(fl *pflag.FlagSet) {
	fl.StringVar(&f.auth, "auth", "token", "who may use the REST API: token (see \"weft token\"); keystone: those too, and whoever a Keystone knows; "+
		"none: everybody, on a loopback address only")
	f.keystone.bind(fl)
	fl.StringVar(&f.tls, "rest-tls", "", "auto: the REST API under TLS, with a certificate that the controller signs itself (clients need pki/ca.crt of the data directory)")
	fl.StringVar(&f.tlsCert, "rest-tls-cert", "", "`FILE` with the certificate for the REST API; read again when it changes")
	fl.StringVar(&f.tlsKey, "rest-tls-key", "", "`FILE` with the certificate's key")
	fl.StringVar(&f.auditLog, "audit-log", "", "`FILE` for a line of JSON about each change that is asked for (default: audit.log in the data directory; none: no file)")
}

// gate says who comes in to the REST API, and writes down what they do there.
type gate struct {
	who auth.Authenticator
	auditLog
}

// open makes the gate that the flags ask for. The caller closes it.
func (f *restFlags) open(ctx context.Context, dataDir string, listener net.Addr, log *logrus.Entry) (gate, error) {
	who, err := f.authenticator(ctx, dataDir, listener, log)
	if err != nil {
		return gate{}, err
	}
	written, err := f.openAudit(dataDir, log)
	return gate{who, written}, err
}

// authenticator makes what the flags ask for. Unless nobody is asked for a token, the administrator's is always good: the
// command line on the controller's machine finds it.
func (f *restFlags) authenticator(ctx context.Context, dataDir string, listener net.Addr, log *logrus.Entry) (auth.Authenticator, error) {
	first, err := auth.LoadOrCreateToken(filepath.Join(dataDir, "token"))
	if err != nil {
		return nil, err
	}
	if f.auth == "none" {
		open, err := auth.Open(listener)
		if err != nil {
			return nil, fmt.Errorf("--auth none: %w", err)
		}
		return open, nil
	}
	tokens, err := auth.NewTokens(tokensIn(dataDir), first, time.Now, func(err error) {
		log.WithField("err", err).Error("the tokens cannot be read")
	})
	if err != nil {
		return nil, err
	}
	switch f.auth {
	case "token":
		return auth.NewBackoff(tokens, time.Now), nil
	case "keystone":
		k, err := f.keystone.authenticator()
		if err != nil {
			return nil, err
		}
		if err := k.Check(ctx); err != nil {
			log.WithField("err", err).Warn("Keystone is of no use yet; requests with its tokens get 503 until it is")
		}
		return auth.NewBackoff(auth.Either(tokens, k), time.Now), nil
	}
	return nil, fmt.Errorf("--auth %s: want token, keystone or none", f.auth)
}
