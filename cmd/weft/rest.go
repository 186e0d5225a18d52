package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
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

// keystoneFlags say how to ask a Keystone.
type keystoneFlags struct {
	url, user, passwordFile, project string
	userDomain, projectDomain        string
	caFile                           string
	adminRoles                       []string
	believe, outage                  time.Duration
}

func (f *keystoneFlags) bind(fl *pflag.FlagSet) {
	fl.StringVar(&f.url, "keystone-url", "", "`URL` of the Keystone, like http://keystone:5000/v3")
	fl.StringVar(&f.user, "keystone-user", "weft", "`USER` with which weft asks Keystone about tokens")
	fl.StringVar(&f.passwordFile, "keystone-password-file", "", "`FILE` with that user's password, for nobody else to read")
	fl.StringVar(&f.project, "keystone-project", "service", "`PROJECT` in which that user has the role service or admin")
	fl.StringVar(&f.userDomain, "keystone-user-domain", "Default", "`DOMAIN` of the user")
	fl.StringVar(&f.projectDomain, "keystone-project-domain", "Default", "`DOMAIN` of the project")
	fl.StringVar(&f.caFile, "keystone-ca-file", "", "`FILE` with the authorities that may have signed Keystone's certificate (default: the system's)")
	fl.StringSliceVar(&f.adminRoles, "keystone-admin-role", []string{auth.RoleAdmin}, "`ROLE` of Keystone whose bearers are administrators; may be repeated")
	fl.DurationVar(&f.believe, "keystone-cache", time.Minute, "`TIME` for which Keystone's answer holds: a revoked token is good for that long at most")
	fl.DurationVar(&f.outage, "keystone-outage", 15*time.Minute, "`TIME` for which a token that was good is believed while Keystone does not answer")
}

func (f *keystoneFlags) authenticator() (*auth.Keystone, error) {
	u, err := url.Parse(f.url)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("--keystone-url %q: want a URL like http://keystone:5000/v3", f.url)
	}
	if !strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/v3") {
		u = u.JoinPath("v3")
	}
	password, err := readPassword(f.passwordFile)
	if err != nil {
		return nil, fmt.Errorf("--keystone-password-file: %w", err)
	}
	client, err := f.client()
	if err != nil {
		return nil, fmt.Errorf("--keystone-ca-file: %w", err)
	}
	return auth.NewKeystone(auth.KeystoneConfig{
		URL: u.String(), User: f.user, UserDomain: f.userDomain, Password: password, Project: f.project, ProjectDomain: f.projectDomain,
		AdminRoles: f.adminRoles, Believe: f.believe, Outage: f.outage, Client: client, Now: time.Now,
	}), nil
}

// client speaks to Keystone and to nobody that Keystone points to.
func (f *keystoneFlags) client() (*http.Client, error) {
	tr := http.DefaultTransport.(*http.Transport).Clone()
	tr.MaxIdleConnsPerHost = 16
	if f.caFile != "" {
		pem, err := os.ReadFile(f.caFile)
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", f.caFile)
		}
		tr.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, nil
}

func readPassword(file string) (string, error) {
	if file == "" {
		return "", errors.New("name a file")
	}
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("others may use %s (mode %#o); run chmod 0600 on it", file, info.Mode().Perm())
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	password := strings.TrimRight(string(b), "\r\n")
	if password == "" {
		return "", fmt.Errorf("%s is empty", file)
	}
	return password, nil
}
