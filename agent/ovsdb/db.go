package ovsdb

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/ovn-kubernetes/libovsdb/cache"
	"github.com/ovn-kubernetes/libovsdb/client"
	"github.com/ovn-kubernetes/libovsdb/model"
	ovs "github.com/ovn-kubernetes/libovsdb/ovsdb"

	"weft/agent/run"
)

const (
	callTimeout = 5 * time.Second // the longest that any call may take
	echoEvery   = 2 * time.Second // how often the connection is tried
)

// ErrAway says that Open vSwitch's database cannot be reached.
var ErrAway error = run.Away("open vswitch is not running or its database cannot be reached; start openvswitch-switch")

// Options says where the database is and how bridges are made.
type Options struct {
	Endpoint string // unix:/run/openvswitch/db.sock
	Datapath string // datapath_type of our bridges: "system" or "netdev"
	// The files that Open vSwitch uses towards an ssl: controller.
	PrivateKey, Certificate, CA string
}

// DB is the connection. Its methods may be called from any goroutine; Apply and List by one at a time.
type DB struct {
	o       Options
	changed chan struct{}

	mu           sync.RWMutex
	cl           client.Client // nil while there is no connection
	why          error         // of the last attempt
	generation   int           // counts connections
	transactions int           // sent with something in them
}

var _ run.Driver = (*DB)(nil)

// New makes a DB without a connection; Run makes and keeps one.
func New(o Options) *DB { return &DB{o: o, changed: make(chan struct{}, 1), why: ErrAway} }

// Changed gets a value after anything may have changed: rows, or the connection. Several changes may give one value.
func (d *DB) Changed() <-chan struct{} { return d.changed }

// Generation counts connections: when it has grown, everything must be read again.
func (d *DB) Generation() int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.generation
}

// Transactions counts the transactions that changed something.
func (d *DB) Transactions() int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.transactions
}

func (d *DB) tell() {
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// Run keeps a connection until ctx ends.
func (d *DB) Run(ctx context.Context) {
	pauses := run.Pauses{First: 200 * time.Millisecond, Most: 3 * time.Second, Steady: 3 * time.Second}
	run.Again(ctx, pauses, func(ctx context.Context) { d.set(nil, d.session(ctx)) })
}

func (d *DB) set(cl client.Client, why error) {
	d.mu.Lock()
	before := d.cl
	d.cl, d.why = cl, why
	if cl != nil {
		d.generation++
	}
	d.mu.Unlock()
	if before != nil || cl != nil {
		d.tell()
	}
}

// session connects, reads everything, and stays until the connection fails.
func (d *DB) session(ctx context.Context) error {
	m, err := databaseModel()
	if err != nil {
		return err
	}
	wrong := make(chan string, 1)
	log := complaints(wrong)
	cl, err := client.NewOVSDBClient(m, client.WithEndpoint(d.o.Endpoint), client.WithLogger(&log))
	if err != nil {
		return err
	}
	if err := d.connect(ctx, cl); err != nil {
		cl.Close()
		return fmt.Errorf("%w (%w)", ErrAway, err)
	}
	defer cl.Close()
	d.set(cl, nil)
	for {
		if err := d.echo(ctx, cl, wrong); err != nil {
			return err
		}
	}
}

func (d *DB) connect(ctx context.Context, cl client.Client) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := cl.Connect(ctx); err != nil {
		return err
	}
	cl.Cache().AddEventHandler(&cache.EventHandlerFuncs{
		AddFunc:    func(string, model.Model) { d.tell() },
		UpdateFunc: func(string, model.Model, model.Model) { d.tell() },
		DeleteFunc: func(string, model.Model) { d.tell() },
	})
	_, err := cl.Monitor(ctx, cl.NewMonitor(columns()...))
	return err
}

// echo waits a while and then tries the connection.
func (d *DB) echo(ctx context.Context, cl client.Client, wrong <-chan string) error {
	t := time.NewTimer(echoEvery)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-cl.DisconnectNotify():
		return fmt.Errorf("%w (connection lost)", ErrAway)
	case what := <-wrong:
		return fmt.Errorf("%w (replica is wrong: %s)", ErrAway, what)
	case <-t.C:
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := cl.Echo(ctx); err != nil {
		return fmt.Errorf("%w (%w)", ErrAway, err)
	}
	return nil
}

// client gives the connection, or why there is none.
func (d *DB) client() (client.Client, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.cl == nil {
		return nil, d.why
	}
	return d.cl, nil
}

// transact sends operations as one transaction: all of them hold, or none.
func (d *DB) transact(ctx context.Context, cl client.Client, ops []ovs.Operation) error {
	if len(ops) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	d.mu.Lock()
	d.transactions++
	d.mu.Unlock()
	results, err := cl.Transact(ctx, ops...)
	if err != nil {
		return fmt.Errorf("change open vswitch's database: %w", err)
	}
	if failed, err := ovs.CheckOperationResults(results, ops); err != nil {
		for _, f := range failed {
			err = fmt.Errorf("%w: %s", err, f.Error())
		}
		return fmt.Errorf("change open vswitch's database: %w", err)
	}
	return nil
}

// complaints gives a logger that passes on the client's errors. It tells of an update that it could not take in only
// there, and its replica is wrong from then on; a new connection reads everything anew.
func complaints(wrong chan<- string) logr.Logger {
	return funcr.New(func(_, args string) {
		if !strings.Contains(args, "cache populate") {
			return
		}
		select {
		case wrong <- args:
		default:
		}
	}, funcr.Options{})
}
