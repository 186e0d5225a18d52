package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/sirupsen/logrus"

	"weft/api"
	"weft/controller"
	"weft/controller/auth"
	"weft/controller/compile"
	"weft/controller/intent"
	"weft/controller/rest"
	"weft/store"
	"weft/test/differential/exchange"
)

// believer takes callers for whom they say they are, as a Neutron without Keystone does.
type believer struct{}

func (believer) Authenticate(r *http.Request) (auth.Caller, error) {
	roles := strings.Split(r.Header.Get("X-Roles"), ",")
	return auth.Caller{
		UserID: r.Header.Get("X-User-Id"), ProjectID: r.Header.Get("X-Project-Id"), Roles: roles, Admin: slices.Contains(roles, auth.RoleAdmin),
	}, nil
}

// weft is an empty controller whose limits are Neutron's own.
type weft struct {
	exchange.Server
	http  *httptest.Server
	store *store.Store
}

func newWeft(hosts bool) (*weft, error) {
	ops := &intent.Ops{
		Now: time.Now, NewID: uuid.NewString, Domain: "example.org",
		Quotas: map[api.Kind]int{
			api.KindNetwork: 100, api.KindSubnet: 100, api.KindPort: 500, api.KindRouter: 10, api.KindFloatingIP: 50,
			api.KindRBACPolicy: 10, api.KindSubnetPool: -1,
		},
		VLANs: []intent.SegmentRange{{PhysicalNetwork: "physnet1", First: 100, Last: 199}},
	}
	st := store.NewMemory(store.Options{Settle: ops.Settle})
	log := logrus.New()
	log.SetOutput(io.Discard)
	entry := logrus.NewEntry(log)
	c := controller.New(controller.Config{Store: st, Ops: ops, Compiler: &compile.Compiler{Domain: ops.Domain}, Log: entry, Now: time.Now})
	config := rest.Config{State: st, Ops: ops, Status: c, Inspector: c, Keeper: c, Auth: believer{}, Log: entry}
	w := &weft{store: st}
	if hosts {
		config.Inspector = someAlive{c}
		if err := w.addHosts(ops); err != nil {
			return nil, errors.Join(err, st.Close())
		}
	}
	w.http = httptest.NewServer(rest.New(config))
	w.URL = w.http.URL
	return w, nil
}

func (w *weft) close() error {
	w.http.Close()
	return w.store.Close()
}
