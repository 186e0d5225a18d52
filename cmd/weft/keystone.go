package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"weft/controller/auth"
)

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

// address gives --keystone-url with the version in it.
func (f *keystoneFlags) address() (string, error) {
	u, err := url.Parse(f.url)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("--keystone-url %q: want a URL like http://keystone:5000/v3", f.url)
	}
	if !strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/v3") {
		u = u.JoinPath("v3")
	}
	return u.String(), nil
}

func (f *keystoneFlags) authenticator() (*auth.Keystone, error) {
	address, err := f.address()
	if err != nil {
		return nil, err
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
		URL: address, User: f.user, UserDomain: f.userDomain, Password: password, Project: f.project, ProjectDomain: f.projectDomain,
		AdminRoles: f.adminRoles, Believe: f.believe, Outage: f.outage, Client: client, Now: time.Now,
	}), nil
}

// client speaks to Keystone, and to services that it knows; it follows nobody who points elsewhere.
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
