package mgmt

import (
	"context"
	"net"
	"path/filepath"
	"time"

	"weft/agent/run"
	"weft/controller/ofp"
)

// pauses between attempts to connect are short: an attempt costs nothing, and flows may be missing until one succeeds.
func pauses() run.Pauses {
	return run.Pauses{First: 50 * time.Millisecond, Most: 500 * time.Millisecond, Steady: 2 * time.Second}
}

// Socket is where ovs-vswitchd listens for a bridge, in the folder of its own sockets.
func Socket(dir, bridge string) string { return filepath.Join(dir, bridge+".mgmt") }

// Keep keeps a connection until ctx ends, making it again and again. use is called with each one that was made and may
// work with it; when it returns nil, Keep waits for the connection's end, and its error ends the connection. lost is told
// each time why there is no connection.
func Keep(ctx context.Context, socket string, c ofp.Config, use func(context.Context, *ofp.Session) error, lost func(error)) {
	run.Again(ctx, pauses(), func(ctx context.Context) {
		if err := once(ctx, socket, c, use); ctx.Err() == nil {
			lost(err)
		}
	})
}

// once holds one connection until it ends, and says why.
func once(ctx context.Context, socket string, c ofp.Config, use func(context.Context, *ofp.Session) error) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	session, err := ofp.NewSession(ctx, conn, c)
	if err != nil {
		return err
	}
	defer session.Wait()
	defer session.Close()
	if err := use(ctx, session); err != nil {
		return err
	}
	select {
	case <-session.Done():
		return session.Err()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
