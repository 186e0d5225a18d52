package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"weft/api"
	"weft/cmd/weft/cli"
	"weft/controller"
	"weft/controller/compile"
	"weft/controller/intent"
	"weft/controller/pki"
	"weft/controller/rest"
	"weft/store"
)

// controllerFlags are the flags of "weft controller".
const (
	leastLife = time.Minute          // of certificates: hosts must have the time to renew theirs
	warnOfEnd = 365 * 24 * time.Hour // before the authority ends
)

type controllerFlags struct {
	dataDir                string
	rest, openflow, agents string
	advertise              string
	plainOpenFlow          bool
	logLevel               string
	domain                 string
	quotas                 map[string]int
	vlans                  []string
	certificateLife        time.Duration
	api                    restFlags
	nova                   novaFlags
}

func newControllerCommand() *cobra.Command {
	var f controllerFlags
	cmd := &cobra.Command{
		Use:   "controller",
		Short: "Run the controller",
		Long: `Run the controller: it keeps the state, serves the REST API, and programs the switches of every host.

State, certificates and the API token live in the data directory. Hosts join with a token from "weft host create".`,
		Example: "  weft controller --advertise 10.0.0.1",
		Args:    cli.Want(),
		RunE:    func(cmd *cobra.Command, _ []string) error { return runController(cmd.Context(), f) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.dataDir, "data-dir", defaultDataDir, "directory of the state, the certificates and the token")
	fl.StringVar(&f.rest, "listen-rest", ":9696", "address of the REST API")
	fl.StringVar(&f.openflow, "listen-openflow", ":6653", "address where switches connect")
	fl.StringVar(&f.agents, "listen-agent", ":9698", "address where agents connect")
	fl.StringVar(&f.advertise, "advertise", "", "name or address under which hosts reach this machine (default: the one of --listen-agent, else the host name)")
	fl.BoolVar(&f.plainOpenFlow, "plain-openflow", false, "speak OpenFlow without TLS: only for a trusted network")
	f.api.bind(fl)
	f.nova.bind(fl)
	fl.StringToIntVar(&f.quotas, "default-quota", nil, "`KIND=N` for what projects without a quota of their own may have, such as network=100,port=500; kinds that are not named are not limited")
	fl.StringVar(&f.domain, "dns-domain", string(api.DefaultDomain), "`DOMAIN` that names of guests end with, unless their port or network has a dns_domain; . for none")
	fl.StringArrayVar(&f.vlans, "vlan-range", nil, "`PHYSICAL_NETWORK:FIRST:LAST`, VLAN ids for networks of type vlan that ask for none; may be repeated")
	fl.DurationVar(&f.certificateLife, "certificate-life", pki.DefaultLife, "how long certificates are good that the controller signs for hosts and itself; both renew theirs when a third is left")
	fl.StringVar(&f.logLevel, "log-level", "info", "error, warn, info or debug")
	return cmd
}

// advertised is the name under which hosts reach the controller.
func (f controllerFlags) advertised() (string, error) {
	if f.advertise != "" {
		return f.advertise, nil
	}
	host, _, err := net.SplitHostPort(f.agents)
	if err != nil {
		return "", fmt.Errorf("read --listen-agent %q: %w", f.agents, err)
	}
	if ip := net.ParseIP(host); host != "" && (ip == nil || !ip.IsUnspecified()) {
		return host, nil
	}
	return os.Hostname()
}

func runController(ctx context.Context, f controllerFlags) error {
	log, err := newLogger(f.logLevel)
	if err != nil {
		return err
	}
	name, err := f.advertised()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.dataDir, 0o700); err != nil {
		return fmt.Errorf("make data directory: %w", err)
	}
	authority, err := f.authority(log)
	if err != nil {
		return err
	}
	ops, st, err := f.openState()
	if err != nil {
		return err
	}
	defer st.Close()
	ls, err := f.listen(ctx)
	if err != nil {
		return err
	}
	defer ls.close()
	gate, err := f.api.open(ctx, f.dataDir, ls.rest.Addr(), log)
	if err != nil {
		return err
	}
	defer gate.Close()
	cert := authority.Serving([]string{name, "localhost", "127.0.0.1"})
	c := controller.New(controller.Config{
		Store: st, Ops: ops, Authority: authority, Certificate: cert, OpenFlowTLS: !f.plainOpenFlow,
		Compiler: &compile.Compiler{OpenFlowTargets: []string{f.openFlowTarget(name, ls.openflow)}, Domain: ops.Domain},
		Log:      log, Now: time.Now,
	})
	handler := rest.New(rest.Config{
		State: st, Ops: ops, Status: c, Inspector: c, Keeper: c, Auth: gate.who, Audit: gate.event, Log: log.WithField("link", "rest"),
		JoinToken: joinToken("https://"+net.JoinHostPort(name, port(ls.agents)), authority.Fingerprint()),
	})
	tellNova, err := f.nova.teller(&f.api.keystone, c, st, log)
	if err != nil {
		return err
	}
	log.WithFields(logrus.Fields{
		"rest": ls.rest.Addr(), "openflow": ls.openflow.Addr(), "agents": ls.agents.Addr(), "rev": st.Snapshot().Revision(),
	}).Info("controller is up")
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return c.Run(ctx, ls.openflow, ls.agents) })
	g.Go(func() error { return gate.followSignals(ctx) })
	g.Go(func() error { return f.api.serve(ctx, ls.rest, cert, handler, log) })
	g.Go(func() error { return tellNova(ctx) })
	return g.Wait()
}

// authority opens what signs certificates, in the data directory.
func (f controllerFlags) authority(log *logrus.Entry) (*pki.Authority, error) {
	if f.certificateLife < leastLife {
		return nil, fmt.Errorf("--certificate-life %s: want %s at least", f.certificateLife, leastLife)
	}
	a, err := pki.LoadOrCreate(filepath.Join(f.dataDir, "pki"), time.Now)
	if err != nil {
		return nil, err
	}
	a.Life = f.certificateLife
	if time.Until(a.Ends()) < warnOfEnd {
		log.WithField("ends", a.Ends()).Warn("the authority that signs all certificates ends, see 'Certificates' in docs/troubleshooting.md")
	}
	return a, nil
}

// openState opens the state in the data directory, with the rules for changing it. The caller closes it.
func (f controllerFlags) openState() (*intent.Ops, *store.Store, error) {
	quotas, err := f.defaultQuotas()
	if err != nil {
		return nil, nil, err
	}
	domain, err := api.ParseDomain(f.domain)
	if err != nil {
		return nil, nil, fmt.Errorf("read --dns-domain: %w", err)
	}
	vlans, err := f.vlanRanges()
	if err != nil {
		return nil, nil, err
	}
	ops := &intent.Ops{Now: time.Now, NewID: uuid.NewString, Quotas: quotas, Domain: domain, VLANs: vlans}
	st, err := store.Open(filepath.Join(f.dataDir, "state.db"), store.Options{Settle: ops.Settle})
	return ops, st, err
}

// openFlowTarget is what a bridge's controller setting says, in OVSDB's form.
func (f controllerFlags) openFlowTarget(name string, l net.Listener) string {
	proto := "ssl"
	if f.plainOpenFlow {
		proto = "tcp"
	}
	return fmt.Sprintf("%s:%s", proto, net.JoinHostPort(name, port(l)))
}

// joinToken makes the token that an administrator takes to a new host: where the controller is, how to know it, and the
// host's one-time secret.
func joinToken(url, fingerprint string) func(api.HostID, string) string {
	return func(host api.HostID, secret string) string {
		b, err := json.Marshal(map[string]string{
			"host": string(host), "secret": secret, "ca_sha256": fingerprint, "url": url,
		})
		if err != nil {
			panic(err) // strings always encode
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
}

func port(l net.Listener) string {
	_, p, _ := net.SplitHostPort(l.Addr().String())
	return p
}

type listeners struct{ rest, openflow, agents net.Listener }

func (l *listeners) close() {
	for _, x := range []net.Listener{l.rest, l.openflow, l.agents} {
		if x != nil {
			_ = x.Close()
		}
	}
}

func (f controllerFlags) listen(ctx context.Context) (*listeners, error) {
	var l listeners
	for _, x := range []struct {
		flag, addr string
		to         *net.Listener
	}{
		{"--listen-rest", f.rest, &l.rest},
		{"--listen-openflow", f.openflow, &l.openflow},
		{"--listen-agent", f.agents, &l.agents},
	} {
		got, err := new(net.ListenConfig).Listen(ctx, "tcp", x.addr)
		if errors.Is(err, syscall.EADDRINUSE) {
			err = errors.New("is taken by another program ('ss -ltnp' shows which); stop it or choose another address")
		}
		if _, _, bad := net.SplitHostPort(x.addr); bad != nil {
			err = errors.New("is no address to listen at: want ADDRESS:PORT, or :PORT for all addresses")
		}
		if err != nil {
			l.close()
			return nil, fmt.Errorf("listen: %s %s %w", x.flag, x.addr, err)
		}
		*x.to = got
	}
	return &l, nil
}

func newLogger(level string) (*logrus.Entry, error) {
	l := logrus.New()
	lv, err := logrus.ParseLevel(level)
	if err != nil {
		return nil, fmt.Errorf("read --log-level: %w", err)
	}
	l.SetLevel(lv)
	l.SetFormatter(&logrus.TextFormatter{FullTimestamp: true, DisableColors: true, TimestampFormat: time.RFC3339Nano})
	return logrus.NewEntry(l), nil
}
