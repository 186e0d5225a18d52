package clouds

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/config"

	"weft/client"
)

// Fill completes how to reach a controller by the cloud of that name or, without a name, by the environment: OS_CLOUD, or
// OS_AUTH_URL and what belongs to it. It changes nothing if neither is there. It may talk to a Keystone.
func Fill(ctx context.Context, cfg client.Config, name string) (client.Config, error) {
	if cfg.Getenv == nil {
		cfg.Getenv = os.Getenv
	}
	if name == "" && (cfg.Endpoint != "" || cfg.Getenv("WEFT_ENDPOINT") != "") {
		return cfg, nil
	}
	e, err := find(cfg.Getenv, cmp.Or(name, cfg.Getenv("OS_CLOUD")))
	if err != nil || e == nil {
		return cfg, err
	}
	return e.fill(ctx, cfg)
}

// fill takes from the entry what the configuration does not say.
func (e *entry) fill(ctx context.Context, cfg client.Config) (client.Config, error) {
	auth, region, trust, err := e.options(cfg.Getenv)
	if err != nil {
		return cfg, fmt.Errorf("%s: %w", e.from, err)
	}
	if cfg.CAFile == "" && cfg.Transport == nil && (trust.RootCAs != nil || trust.InsecureSkipVerify || trust.Certificates != nil) {
		cfg.Transport = transport(trust)
	}
	switch e.AuthType {
	case "none", "admin_token", "token_endpoint":
		at := cmp.Or(e.Auth, &place{})
		cfg.Endpoint = cmp.Or(cfg.Endpoint, e.NetworkEndpoint, at.Endpoint, at.URL)
		cfg.Token, cfg.Anonymous = cmp.Or(cfg.Token, auth.TokenID), e.AuthType == "none"
		if cfg.Endpoint == "" {
			return cfg, fmt.Errorf("%s: auth_type %s needs the controller's URL as \"endpoint\" of auth", e.from, e.AuthType)
		}
		return cfg, nil
	}
	if auth.IdentityEndpoint == "" {
		return cfg, fmt.Errorf("%s: auth_url is missing: the URL of Keystone", e.from)
	}
	switch e.AuthType {
	case "", "password", "v3password", "token", "v3token", "v3applicationcredential":
		return e.login(ctx, cfg, auth, region, trust)
	}
	return cfg, fmt.Errorf("%s: auth_type %s is not known; there are none, admin_token, password, token and v3applicationcredential",
		e.from, e.AuthType)
}

// login asks Keystone for a token, and where the controller is.
func (e *entry) login(ctx context.Context, cfg client.Config, auth gophercloud.AuthOptions, region gophercloud.EndpointOpts, trust *tls.Config) (client.Config, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(cfg.Timeout, time.Minute))
	defer cancel()
	tr := transport(trust)
	defer tr.CloseIdleConnections()
	keystone, err := config.NewProviderClient(ctx, auth, config.WithHTTPClient(http.Client{Transport: tr}))
	var domainless gophercloud.ErrDomainIDOrDomainName
	switch {
	case gophercloud.ResponseCodeIs(err, http.StatusUnauthorized):
		return cfg, fmt.Errorf("log in as %s says: the Keystone at %s does not take user %q with this secret",
			e.from, auth.IdentityEndpoint, cmp.Or(auth.Username, auth.UserID, auth.ApplicationCredentialName, auth.ApplicationCredentialID))
	case errors.As(err, &domainless):
		return cfg, fmt.Errorf("log in as %s says: the domain of the user is missing: OS_USER_DOMAIN_NAME, or user_domain_name in clouds.yaml "+
			"(mostly Default)", e.from)
	case err != nil:
		return cfg, fmt.Errorf("log in as %s says: %w", e.from, err)
	}
	cfg.Token = keystone.Token()
	if cfg.Endpoint = cmp.Or(cfg.Endpoint, e.NetworkEndpoint); cfg.Endpoint != "" {
		return cfg, nil
	}
	network, err := openstack.NewNetworkV2(keystone, region)
	if err != nil {
		return cfg, fmt.Errorf("find the controller, a service of type network, in the catalogue of %[2]s, as %[1]s says: %[3]w; "+
			"--endpoint says where it is too", e.from, auth.IdentityEndpoint, err)
	}
	cfg.Endpoint = strings.TrimSuffix(network.Endpoint, "/")
	return cfg, nil
}

func transport(trust *tls.Config) *http.Transport {
	tr := http.DefaultTransport.(*http.Transport).Clone()
	tr.TLSClientConfig = trust.Clone()
	return tr
}
