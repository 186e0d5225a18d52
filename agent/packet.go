package agent

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"weft/agent/link"
	"weft/plan"
)

const (
	traceWait = 3 * time.Second
	maxTrace  = 128 << 10 // bytes of what ovs-vswitchd prints
)

// flowWords is all that a packet's description is made of: nothing that a program could take for an option.
var flowWords = regexp.MustCompile(`^[a-z0-9][a-zA-Z0-9_,=.:/-]{0,999}$`)

// answer finds out what a question asks. To look at what would become of a packet sends none.
func (p *pathfinder) answer(ctx context.Context, q plan.Question) plan.Answer {
	a := plan.Answer{ID: q.ID}
	var err error
	switch {
	case q.Switch != nil:
		a.Trace, err = traceSwitch(ctx, p.conf.sockets(), *q.Switch)
	case q.Way != nil:
		var way plan.Way
		if way, err = link.Way(ctx, *q.Way); err == nil {
			a.Way = &way
		}
	case q.Interface != nil:
		a.Interface, err = look(ctx, p.conf, *q.Interface)
	default:
		return link.Path(ctx, p.conf.TunnelIP, q)
	}
	if err != nil {
		a.Error = err.Error()
	}
	return a
}

// traceSwitch asks the ovs-vswitchd whose sockets are in a folder what it would do with a packet.
func traceSwitch(ctx context.Context, sockets string, q plan.SwitchQuestion) (string, error) {
	if !ovsName.MatchString(q.Bridge) || !flowWords.MatchString(q.Flow) {
		return "", fmt.Errorf("refused: %q on bridge %q is no description of a packet", q.Flow, q.Bridge)
	}
	out, err := ovsSays(ctx, sockets, "ovs-appctl", "ofproto/trace", q.Bridge, q.Flow)
	if err != nil {
		return "", fmt.Errorf("trace a packet on %s: %w", q.Bridge, err)
	}
	if len(out) > maxTrace {
		return "", fmt.Errorf("trace a packet on %s: ovs-vswitchd says more than %d KiB about it", q.Bridge, maxTrace>>10)
	}
	return out, nil
}

// ovsSays runs a program of Open vSwitch's, for the one whose sockets are in a folder. An error is in the program's words.
func ovsSays(ctx context.Context, sockets string, argv ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, traceWait)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(cmd.Environ(), "OVS_RUNDIR="+sockets)
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return "", errors.New(strings.Join(strings.Fields(string(failed.Stderr)), " "))
	}
	return string(out), err
}
