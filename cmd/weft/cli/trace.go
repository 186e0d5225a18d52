package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/spf13/cobra"

	"weft/client"
)

const traceLong = `Say what becomes of a packet, and why. It is not sent: every switch on its way is asked what it would do (ofproto/trace on the
flows that it holds now), every router's kernel where it would lead it, and tunnels are tried with packets of their own. A
line is one decision, with the object that it was made for.

PORT is the guest's port that sends; with --outside it is left out, and the packet comes from the wire of an external network.
--to is an address, or a port by name or id, of which it is the first address. To see the way of the answer too, ask for it:
trace from the other port. What the guest itself does, as the firewall in it, nobody can be asked.

The exit status is 0 if the packet arrives, or leaves the cloud for outside; 1 if it is dropped, or nobody can say.`

// tracing are the flags of trace.
type tracing struct {
	q              client.TraceQuery
	outside        string
	to             string
	tcp, udp, sctp uint16
}

func (a *app) traceCommand() *cobra.Command {
	var g tracing
	c := &cobra.Command{
		Use:   "trace [PORT] --to ADDRESS",
		Short: "Say what becomes of a packet, and which object decides it at each step",
		Long:  traceLong,
		Example: `  weft trace web1 --to 10.0.1.7
  weft trace web1 --to db1 --tcp 5432
  weft trace web1 --to 8.8.8.8 --udp 53
  weft trace --outside public --to 203.0.113.9`,
		Args:              WantSome(0, "PORT"),
		ValidArgsFunction: a.completeArgs(client.Ports, client.Resource{}),
	}
	f := c.Flags()
	f.StringVar(&g.to, "to", "", "where it is sent: an `ADDRESS`, or the name or id of a port")
	f.StringVar(&g.outside, "outside", "", "it comes from the wire of this external `NETWORK`")
	f.StringVar(&g.q.From, "from", "", "`IP` that it has as its source (default: the port's)")
	f.StringVar(&g.q.FromMAC, "from-mac", "", "`MAC` that it has as its source (default: the port's)")
	f.StringVar(&g.q.ToMAC, "to-mac", "", "`MAC` that it is sent to (default: what ARP would find)")
	f.Bool("icmp", false, "a ping (default)")
	f.Uint16Var(&g.tcp, "tcp", 0, "the first packet of a TCP connection to this `NUMBER`")
	f.Uint16Var(&g.udp, "udp", 0, "a UDP packet to this `NUMBER`")
	f.Uint16Var(&g.sctp, "sctp", 0, "the first packet of an SCTP association to this `NUMBER`")
	c.MarkFlagsMutuallyExclusive("icmp", "tcp", "udp", "sctp")
	_ = c.MarkFlagRequired("to") // the flag is there
	a.completeOption(c, option{flag: "to", names: client.Ports})
	a.completeOption(c, option{flag: "outside", names: client.Networks})
	for _, name := range []string{"from", "from-mac", "to-mac", "tcp", "udp", "sctp"} {
		complete(c, name, cobra.NoFileCompletions)
	}
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		for _, name := range []string{"tcp", "udp", "sctp"} {
			if f.Changed(name) && g.tcp+g.udp+g.sctp == 0 {
				return usagef("--%s 0: there is no such port", name)
			}
		}
		if err := g.read(ctx, cl, args); err != nil {
			return err
		}
		found, err := cl.Trace(ctx, g.q)
		if err != nil {
			return err
		}
		return a.printTrace(c.OutOrStdout(), found)
	})
	return c
}

// read makes of names what the controller is asked.
func (g *tracing) read(ctx context.Context, cl *client.Client, args []string) (err error) {
	switch {
	case len(args) == 0 && g.outside == "":
		return usagef("PORT is missing: name the port that sends the packet, or with --outside the network that it comes from")
	case len(args) > 0 && g.outside != "":
		return usagef("PORT and --outside: a packet has one sender")
	case len(args) > 0:
		g.q.PortID, err = cl.ID(ctx, client.Ports, args[0])
	default:
		g.q.OutsideID, err = cl.ID(ctx, client.Networks, g.outside)
	}
	if err != nil {
		return err
	}
	switch {
	case g.tcp != 0:
		g.q.Protocol, g.q.Port = "tcp", int(g.tcp)
	case g.udp != 0:
		g.q.Protocol, g.q.Port = "udp", int(g.udp)
	case g.sctp != 0:
		g.q.Protocol, g.q.Port = "sctp", int(g.sctp)
	}
	if g.q.To = g.to; isAddress(g.to) {
		return nil
	}
	p, err := cl.Ports().Find(ctx, g.to)
	if err != nil {
		return fmt.Errorf("--to %s: it is neither an address nor a port: %w", g.to, err)
	}
	if len(p.FixedIPs) == 0 {
		return usagef("--to %s: the port has no address", g.to)
	}
	g.q.To = p.FixedIPs[0].IPAddress
	return nil
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

var traceColumns = []column{{"Host", "host"}, {"Where", "where"}, {"What Happens", "does"}, {"For", "for"}}

func (a *app) printTrace(w io.Writer, t client.Trace) error {
	if a.output == formatJSON || a.output == formatYAML {
		if err := encode(w, a.output, t); err != nil {
			return err
		}
		return traceStatus(t)
	}
	columns := traceColumns
	if a.output == formatWide {
		columns = append(columns[:len(columns):len(columns)], column{"Rule", "rule"})
	}
	rows := make([]client.Object, len(t.Steps))
	for i, s := range t.Steps {
		where := shortNamespace(s.Place)
		if s.Table != nil {
			where = strings.TrimSpace(fmt.Sprintf("%s %d %s", s.Place, *s.Table, s.TableName))
		}
		rows[i] = client.Object{"host": s.Host, "where": where, "does": s.Does, "for": inFew(s.Subject), "rule": s.Rule}
	}
	if a.forPeople() {
		fmt.Fprintln(w, oneLine(t.Packet)+"\n")
	}
	if len(rows) > 0 || !a.forPeople() {
		if err := a.printList(w, columns, rows); err != nil {
			return err
		}
	}
	if a.forPeople() {
		printVerdict(w, t)
	}
	return traceStatus(t)
}

// printVerdict says how it ends, why, and what to do.
func printVerdict(w io.Writer, t client.Trace) {
	if len(t.Steps) > 0 {
		fmt.Fprintln(w)
	}
	fmt.Fprint(w, strings.ToUpper(t.Verdict))
	if t.Host != "" {
		fmt.Fprintf(w, " on %s, %s", oneLine(t.Host), oneLine(shortNamespace(t.Place)))
	}
	fmt.Fprintf(w, ": %s.\n", oneLine(t.Why))
	if t.Hint != "" {
		fmt.Fprintf(w, "What helps: %s.\n", oneLine(t.Hint))
	}
	for _, d := range t.Doubts {
		fmt.Fprintf(w, "Beware: %s.\n", oneLine(d))
	}
}

// shortNamespace cuts a namespace's name down to what tells it apart.
func shortNamespace(place string) string {
	for _, prefix := range []string{"qrouter-", "snat-", "fip-"} {
		if id, ok := strings.CutPrefix(place, prefix); ok && len(id) == 36 {
			return prefix + id[:8] + "…"
		}
	}
	return place
}

// inFew names an object in a word or two.
func inFew(s *client.Subject) string {
	if s == nil {
		return ""
	}
	return s.Kind + " " + cmp.Or(s.Name, s.ID)
}

func traceStatus(t client.Trace) error {
	if t.Verdict == "delivered" || t.Verdict == "left" {
		return nil
	}
	return Exit(exitFailure)
}
