package nova

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/tokens"
)

// KeystoneConfig says as whom weft comes to Nova, and how Nova is found.
type KeystoneConfig struct {
	URL                    string // of the Keystone: http://keystone:5000/v3
	User, UserDomain       string // who may tell Nova of events: role service or admin
	Password               string
	Project, ProjectDomain string

	// Endpoint of Nova; "": the one of type compute in Keystone's catalogue.
	Endpoint string
	Region   string // of the catalogue's endpoint; "": whichever comes first
	// Interface of the catalogue's endpoint: public, internal or admin.
	Interface string

	Client *http.Client
	Now    func() time.Time
}

// Keystone is an AccessSource that logs in to a Keystone v3: once for many calls, anew a minute before its token ends and
// when Nova refuses the token.
type Keystone struct {
	cfg    KeystoneConfig
	mu     sync.Mutex
	access Access
	ends   time.Time
}

// NewKeystone makes an AccessSource. It does not ask Keystone anything yet.
func NewKeystone(cfg KeystoneConfig) *Keystone { return &Keystone{cfg: cfg} }

// Access implements AccessSource. The error says what to do if Keystone does not take weft's user or knows no Nova.
func (k *Keystone) Access(ctx context.Context, refused string) (Access, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if t := k.access.Token; t != "" && t != refused && k.cfg.Now().Add(time.Minute).Before(k.ends) {
		return k.access, nil
	}
	k.access = Access{}
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	access, ends, err := k.login(ctx)
	if err != nil {
		return Access{}, err
	}
	k.access, k.ends = access, ends
	return access, nil
}

func (k *Keystone) login(ctx context.Context) (Access, time.Time, error) {
	provider, err := openstack.NewClient(k.cfg.URL)
	if err != nil {
		return Access{}, time.Time{}, fmt.Errorf("read Keystone's address %q: %w", k.cfg.URL, err)
	}
	provider.HTTPClient = *k.cfg.Client
	err = openstack.AuthenticateV3(ctx, provider, &gophercloud.AuthOptions{
		Username: k.cfg.User, DomainName: k.cfg.UserDomain, Password: k.cfg.Password,
		Scope: &gophercloud.AuthScope{ProjectName: k.cfg.Project, DomainName: k.cfg.ProjectDomain},
	}, gophercloud.EndpointOpts{})
	switch {
	case gophercloud.ResponseCodeIs(err, http.StatusUnauthorized):
		return Access{}, time.Time{}, fmt.Errorf("Keystone at %s refuses user %q: check its name, password, project and domains", k.cfg.URL, k.cfg.User)
	case err != nil:
		return Access{}, time.Time{}, fmt.Errorf("log in to Keystone at %s: %w", k.cfg.URL, err)
	}
	ends, err := endOf(provider)
	if err != nil {
		return Access{}, time.Time{}, fmt.Errorf("read the token of Keystone at %s: %w", k.cfg.URL, err)
	}
	endpoint, err := k.endpoint(provider)
	return Access{Endpoint: endpoint, Token: provider.Token()}, ends, err
}

func endOf(provider *gophercloud.ProviderClient) (time.Time, error) {
	made, ok := provider.GetAuthResult().(tokens.CreateResult)
	if !ok {
		return time.Time{}, errors.New("it is none of a Keystone v3")
	}
	t, err := made.ExtractToken()
	if err != nil {
		return time.Time{}, err
	}
	return t.ExpiresAt, nil
}

// endpoint finds Nova's address.
func (k *Keystone) endpoint(provider *gophercloud.ProviderClient) (string, error) {
	if k.cfg.Endpoint != "" {
		return k.cfg.Endpoint, nil
	}
	compute, err := openstack.NewComputeV2(provider, gophercloud.EndpointOpts{
		Region: k.cfg.Region, Availability: gophercloud.Availability(k.cfg.Interface),
	})
	if err != nil {
		return "", fmt.Errorf("the catalogue of Keystone at %s has no %s endpoint of type compute in region %q: make one, or name Nova's address: %w",
			k.cfg.URL, k.cfg.Interface, k.cfg.Region, err)
	}
	return compute.Endpoint, nil
}
