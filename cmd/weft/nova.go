package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spf13/pflag"
	"golang.org/x/sync/errgroup"

	"weft/controller"
	"weft/controller/nova"
	"weft/store"
)

// novaFlags say which Nova is told of its servers' ports, and as whom.
type novaFlags struct {
	endpoint, tokenFile string
	user, passwordFile  string
	region, face        string
}

// inCatalogue is the endpoint that stands for the one that Keystone knows.
const inCatalogue = "catalogue"

func (f *novaFlags) bind(fl *pflag.FlagSet) {
	fl.StringVar(&f.endpoint, "nova-endpoint", "", "URL of OpenStack Compute, http://NOVA:8774/v2.1, or catalogue: the one that Keystone knows; it is told when its servers' ports are plugged")
	fl.StringVar(&f.user, "nova-user", "", "`USER` of Keystone that tells Nova, with the role service or admin in --keystone-project (default: --keystone-user)")
	fl.StringVar(&f.passwordFile, "nova-password-file", "", "`FILE` with that user's password, for nobody else to read (default: --keystone-password-file)")
	fl.StringVar(&f.region, "nova-region", "", "`REGION` of the endpoint in Keystone's catalogue (default: any)")
	fl.StringVar(&f.face, "nova-interface", "public", "`INTERFACE` of the endpoint in Keystone's catalogue: public, internal or admin")
	fl.StringVar(&f.tokenFile, "nova-token-file", "", "`FILE` with a token for Nova that somebody keeps fresh, instead of a user of Keystone")
}

// tokenFile is a token that somebody keeps fresh in a file.
type tokenFile struct{ endpoint, file string }

// Access implements nova.AccessSource.
func (t tokenFile) Access(context.Context, string) (nova.Access, error) {
	b, err := os.ReadFile(t.file)
	if err != nil {
		return nova.Access{}, fmt.Errorf("read the token for Nova: %w", err)
	}
	return nova.Access{Endpoint: t.endpoint, Token: strings.TrimSpace(string(b))}, nil
}

// access says how Nova is reached: as a user of Keystone's, if one is named at all.
func (f *novaFlags) access(k *keystoneFlags) (nova.AccessSource, error) {
	endpoint := f.endpoint
	switch u, err := url.Parse(endpoint); {
	case endpoint == inCatalogue:
		endpoint = ""
		if k.url == "" || f.tokenFile != "" {
			return nil, errors.New("--nova-endpoint catalogue: name the Keystone with --keystone-url, and no --nova-token-file")
		}
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("read --nova-endpoint %q: want http://NOVA:8774/v2.1, or catalogue", f.endpoint)
	}
	switch {
	case f.tokenFile != "":
		return tokenFile{endpoint, f.tokenFile}, nil
	case k.url == "":
		return nova.Fixed{Endpoint: endpoint}, nil
	}
	return f.keystone(k, endpoint)
}

func (f *novaFlags) keystone(k *keystoneFlags, endpoint string) (nova.AccessSource, error) {
	address, err := k.address()
	if err != nil {
		return nil, err
	}
	password, err := readPassword(cmp.Or(f.passwordFile, k.passwordFile))
	if err != nil {
		return nil, fmt.Errorf("--nova-password-file: %w", err)
	}
	if f.face != "public" && f.face != "internal" && f.face != "admin" {
		return nil, fmt.Errorf("--nova-interface %q: want public, internal or admin", f.face)
	}
	client, err := k.client()
	if err != nil {
		return nil, fmt.Errorf("--keystone-ca-file: %w", err)
	}
	return nova.NewKeystone(nova.KeystoneConfig{
		URL: address, User: cmp.Or(f.user, k.user), UserDomain: k.userDomain, Password: password,
		Project: k.project, ProjectDomain: k.projectDomain,
		Endpoint: endpoint, Region: f.region, Interface: f.face, Client: client, Now: time.Now,
	}), nil
}

// teller gives what tells Nova, until its context ends; without an endpoint, nothing.
func (f *novaFlags) teller(k *keystoneFlags, c *controller.Controller, st *store.Store, log *logrus.Entry) (func(context.Context) error, error) {
	if f.endpoint == "" {
		return func(context.Context) error { return nil }, nil
	}
	access, err := f.access(k)
	if err != nil {
		return nil, err
	}
	client, err := k.client() // Nova's certificate may be signed by whoever signs Keystone's
	if err != nil {
		return nil, fmt.Errorf("--keystone-ca-file: %w", err)
	}
	s := nova.NewSender(access, log.WithField("link", "nova"))
	s.Client.Transport = client.Transport
	w := &nova.Watcher{State: st, Status: c, Tell: s.Tell, Now: time.Now}
	return func(ctx context.Context) error {
		g, ctx := errgroup.WithContext(ctx)
		g.Go(func() error { return s.Run(ctx) })
		g.Go(func() error { return w.Run(ctx) })
		if err := g.Wait(); !errors.Is(err, context.Canceled) {
			return err
		}
		return nil
	}, nil
}
