package backend

import (
	"context"
	"fmt"
	"io"
	"strings"

	"weft/api"
)

// State is where requests become true.
type State interface {
	Snapshot() *api.Snapshot
	// Update runs f on a transaction, settles and commits, and returns the new durable state. It gives f's error as it is.
	Update(ctx context.Context, f func(*api.Txn) error) (*api.Snapshot, error)
}

// Status says how far hosts have come. Methods must not block, except Wait.
type Status interface {
	// Port, FloatingIP and Router give Neutron's status: ACTIVE, BUILD, DOWN, ERROR.
	Port(api.PortID) string
	FloatingIP(api.FloatingIPID) string
	Router(api.RouterID) string
	// PortOn gives the status of a port's binding on one host: ACTIVE, BUILD, DOWN, ERROR.
	PortOn(api.PortID, api.HostID) string
	// Problem says what keeps an object from working, "" if nothing is known to.
	Problem(api.Ref) string
	// Wait returns nil once every host that a revision affects has confirmed it. When ctx ends first, the error is an
	// *Unconfirmed.
	Wait(ctx context.Context, rev api.Revision) error
}

// Unconfirmed names the hosts that have not confirmed a revision.
type Unconfirmed struct {
	Revision api.Revision
	Hosts    []api.HostID
}

// Error implements error.
func (u *Unconfirmed) Error() string {
	names := make([]string, len(u.Hosts))
	for i, h := range u.Hosts {
		names[i] = string(h)
	}
	return fmt.Sprintf("revision %d is not confirmed by %s", u.Revision, strings.Join(names, ", "))
}

// Keeper copies the whole state out, and back in.
type Keeper interface {
	// Backup writes the state of one moment to w.
	Backup(w io.Writer) error
	// Restore reads what Backup wrote, and gives the change that makes the state what it was then. Errors of the backup
	// itself are store.ErrNoBackup.
	Restore(from io.Reader) (func(*api.Txn) error, error)
}
