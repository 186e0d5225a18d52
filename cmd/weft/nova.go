package main

import (
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

// novaFlags say which Nova is told of its servers' ports.
type novaFlags struct{ endpoint, tokenFile string }

func (f *novaFlags) bind(fl *pflag.FlagSet) {
	fl.StringVar(&f.endpoint, "nova-endpoint", "", "URL of OpenStack Compute, http://NOVA:8774/v2.1: it is told when its servers' ports are plugged")
	fl.StringVar(&f.tokenFile, "nova-token-file", "", "file that holds the token for it, read each time that one is needed")
}

// tokenFile is a token that somebody keeps fresh in a file.
type tokenFile string

// Token implements nova.TokenSource.
func (t tokenFile) Token(context.Context, string) (string, error) {
	b, err := os.ReadFile(string(t))
	if err != nil {
		return "", fmt.Errorf("read the token for Nova: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// teller gives what tells Nova, until its context ends; without an endpoint, nothing.
func (f *novaFlags) teller(c *controller.Controller, st *store.Store, log *logrus.Entry) (func(context.Context) error, error) {
	if f.endpoint == "" {
		return func(context.Context) error { return nil }, nil
	}
	u, err := url.Parse(f.endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("read --nova-endpoint %q: want http://NOVA:8774/v2.1", f.endpoint)
	}
	var tokens nova.TokenSource = nova.StaticToken("")
	if f.tokenFile != "" {
		tokens = tokenFile(f.tokenFile)
	}
	s := nova.NewSender(f.endpoint, tokens, log.WithField("link", "nova"))
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
