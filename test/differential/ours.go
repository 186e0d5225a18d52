package main

import (
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

// weft is an empty controller whose limits are Neutron's own, to which no host has come.
type weft struct {
	exchange.Server
	http  *httptest.Server
	store *store.Store
}

func newWeft() *weft {
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
	s := httptest.NewServer(rest.New(rest.Config{State: st, Ops: ops, Status: c, Inspector: c, Keeper: c, Auth: believer{}, Log: entry}))
	return &weft{exchange.Server{URL: s.URL}, s, st}
}

func (w *weft) close() error {
	w.http.Close()
	return w.store.Close()
}
