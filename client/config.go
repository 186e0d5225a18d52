package client

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// Where a client looks if its Config does not say.
const (
	DefaultEndpoint  = "http://127.0.0.1:9696"
	DefaultTokenFile = "/var/lib/weft/token"
	DefaultCAFile    = "/var/lib/weft/pki/ca.crt"
)

// Config says how to reach a controller. The zero value finds everything by itself.
type Config struct {
	// Endpoint is the base URL; else WEFT_ENDPOINT or OS_ENDPOINT of the environment, else DefaultEndpoint. A path
	// /v2.0 at its end, as OpenStack's catalogues have it, is taken off.
	Endpoint string
	// Token is the secret; else WEFT_TOKEN or OS_TOKEN of the environment, else the content of TokenFile.
	Token string
	// TokenFile is DefaultTokenFile if empty.
	TokenFile string
	// Anonymous sends no token, whatever is in the environment or a file.
	Anonymous bool
	// Wait makes every change return only after each host that it affects has confirmed it.
	Wait bool
	// Timeout limits one call; a minute if 0. Waiting for hosts may take three quarters of it.
	Timeout time.Duration
	// Getenv replaces os.Getenv.
	Getenv func(string) string
	// CAFile holds the authorities that may have signed the controller's certificate, beside the system's; else WEFT_CACERT
	// or OS_CACERT of the environment, else DefaultCAFile, if it is there.
	CAFile string
	// Transport replaces http.DefaultTransport's clone.
	Transport http.RoundTripper
}

// New makes a client. It reads the token's file, but does not talk to the controller: a token that cannot be found is
// told by the first call that needs it. Close the client after use.
func New(cfg Config) (*Client, error) {
	if cfg.Getenv == nil {
		cfg.Getenv = os.Getenv
	}
	base, err := endpoint(cfg)
	if err != nil {
		return nil, err
	}
	token, origin := token(cfg)
	if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, fmt.Errorf("read the token from %s: it holds characters that no token has", origin)
	}
	tr := cfg.Transport
	if tr == nil {
		if tr, err = transport(cfg); err != nil {
			return nil, err
		}
	}
	return &Client{
		base:    base,
		token:   token,
		origin:  origin,
		wait:    cfg.Wait,
		timeout: cmp.Or(cfg.Timeout, time.Minute),
		http: &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // the token goes to the endpoint and nowhere else
		}},
	}, nil
}

// transport trusts the system's authorities and those of the controller's.
func transport(cfg Config) (http.RoundTripper, error) {
	tr := http.DefaultTransport.(*http.Transport).Clone()
	named := cmp.Or(cfg.CAFile, cfg.Getenv("WEFT_CACERT"), cfg.Getenv("OS_CACERT"))
	pem, err := os.ReadFile(cmp.Or(named, DefaultCAFile))
	if err != nil {
		if named == "" { // the system's have to do
			return tr, nil
		}
		return nil, fmt.Errorf("read the controller's authorities: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) && named != "" {
		return nil, fmt.Errorf("read the controller's authorities: %s holds no certificate", named)
	}
	tr.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return tr, nil
}

func endpoint(cfg Config) (string, error) {
	s := cmp.Or(cfg.Endpoint, cfg.Getenv("WEFT_ENDPOINT"), cfg.Getenv("OS_ENDPOINT"), DefaultEndpoint)
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "", fmt.Errorf("endpoint %q is not a URL such as %s", s, DefaultEndpoint)
	}
	u.RawQuery, u.Fragment = "", ""
	return strings.TrimSuffix(strings.TrimRight(u.String(), "/"), "/v2.0"), nil
}

// token gives the secret and words for where it came from, or why there is none.
func token(cfg Config) (secret, origin string) {
	if cfg.Anonymous {
		return "", "nobody: the cloud's auth_type is none"
	}
	if cfg.Token != "" {
		return cfg.Token, "the caller"
	}
	for _, name := range []string{"WEFT_TOKEN", "OS_TOKEN"} {
		if v := cfg.Getenv(name); v != "" {
			return strings.TrimSpace(v), "the environment's " + name
		}
	}
	file := cmp.Or(cfg.TokenFile, DefaultTokenFile)
	b, err := os.ReadFile(file)
	switch {
	case err == nil && len(bytes.TrimSpace(b)) == 0:
		return "", "neither WEFT_TOKEN nor OS_TOKEN is set, and " + file + " is empty"
	case err == nil:
		return strings.TrimSpace(string(b)), file
	case errors.Is(err, fs.ErrNotExist):
		return "", "neither WEFT_TOKEN nor OS_TOKEN is set, and there is no file " + file
	case errors.Is(err, fs.ErrPermission):
		return "", "neither WEFT_TOKEN nor OS_TOKEN is set, and only root may read " + file
	}
	return "", "neither WEFT_TOKEN nor OS_TOKEN is set, and the file cannot be read: " + err.Error()
}
