package link

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"weft/agent/run"
	"weft/plan"
)

// Host is the driver. It is made for one goroutine; Close waits for announcements that are still under way.
type Host struct {
	o     Options
	boxes map[string]*box
	// saved holds, for chains whose text the kernel gives back in another form, what it gave back.
	saved map[string][]string
	// readings are the chains as they were read last; nftables says of each version of iptables whether it writes nftables.
	readings map[readingKey]reading
	nftables map[string]bool
	programs int // how many were run
	searches int // through the connections of all namespaces

	stir  *stir
	names *os.File // news of the names of namespaces; nil: not yet

	rounds     []time.Duration                 // of announcements, after what pauses
	ctx        context.Context                 // ends announcements
	announcing map[plan.Key]context.CancelFunc // by item; of some the last round is over
	cancel     context.CancelFunc
	wg         sync.WaitGroup // of announcements
	ears       sync.WaitGroup // of those who hear of changes
}

// Options says how devices are made.
type Options struct {
	// NoOffload turns checksum and segmentation offload off on the ends that are in namespaces. The userspace datapath
	// needs it: it would forward frames whose checksums are not finished.
	NoOffload bool
}

// box is an open namespace.
type box struct {
	*netlink.Handle
	inode uint64
	ear   *ear // nil: changes are seen only when somebody looks
}

var _ run.Driver = (*Host)(nil)

// New makes a driver that has read nothing yet.
func New(o Options) *Host {
	ctx, cancel := context.WithCancel(context.Background())
	return &Host{
		o: o, stir: newStir(), rounds: rounds(), boxes: map[string]*box{}, saved: map[string][]string{},
		readings: map[readingKey]reading{}, nftables: map[string]bool{},
		announcing: map[plan.Key]context.CancelFunc{},
		ctx:        ctx, cancel: cancel,
	}
}

// Close ends announcements and closes the sockets. What was made stays as it is.
func (h *Host) Close() {
	h.cancel()
	h.wg.Wait()
	for ns := range h.boxes {
		h.shut(ns)
	}
	if h.names != nil {
		_ = h.names.Close() // wakes its reader
	}
	h.ears.Wait()
}

// Kinds implements run.Driver.
func (h *Host) Kinds() []plan.Kind {
	return []plan.Kind{
		plan.KindNamespace, plan.KindSysctl, plan.KindVeth, plan.KindDevSysctl, plan.KindAddress, plan.KindNeighbour,
		plan.KindRoute, plan.KindNAT, plan.KindRule, plan.KindTracked, plan.KindAnnounce,
	}
}

// Apply implements run.Driver.
func (h *Host) Apply(ctx context.Context, s run.Step) run.Result {
	switch s.Kind {
	case plan.KindNamespace:
		return h.applyNamespaces(s)
	case plan.KindSysctl, plan.KindDevSysctl:
		return h.applySettings(s)
	case plan.KindVeth:
		return h.applyVeths(s)
	case plan.KindNAT:
		return h.applyNAT(ctx, s)
	case plan.KindAnnounce:
		return h.applyAnnouncements(s)
	}
	return h.applyEach(s)
}

// applyEach makes changes that are one netlink message each.
func (h *Host) applyEach(s run.Step) run.Result {
	var r run.Result
	at := newLocator(h)
	for _, x := range onLinkFirst(s.Put) {
		r.Fail(x.Key(), h.put(at, x))
	}
	for _, x := range s.Drop {
		r.Fail(x.Key(), h.drop(at, x))
		if x.Key().Kind == plan.KindAddress {
			r.Suspect(x.Key().NS) // routes through the address went with it
		}
	}
	return r
}

// onLinkFirst puts routes to what is on a link before those through a gateway: the kernel refuses a gateway that it
// cannot reach.
func onLinkFirst(xs []plan.Spec) []plan.Spec {
	xs = slices.Clone(xs)
	slices.SortStableFunc(xs, func(a, b plan.Spec) int { return cmp.Compare(hops(a), hops(b)) })
	return xs
}

func hops(x plan.Spec) int {
	if r, ok := x.(plan.Route); ok && r.Via.IsValid() {
		return 1
	}
	return 0
}

func (h *Host) put(at *locator, x plan.Spec) error {
	switch x := x.(type) {
	case plan.Address:
		return h.putAddress(at, x)
	case plan.Neighbour:
		return h.putNeighbour(at, x)
	case plan.Route:
		return h.putRoute(at, x)
	case plan.Rule:
		return h.putRule(x)
	case plan.Tracked:
		return h.forget(x)
	}
	return fmt.Errorf("item of kind %s is not for namespaces", x.Key().Kind)
}

func (h *Host) drop(at *locator, x plan.Spec) error {
	switch x := x.(type) {
	case plan.Address:
		return h.dropAddress(at, x)
	case plan.Neighbour:
		return h.dropNeighbour(at, x)
	case plan.Route:
		return h.dropRoute(at, x)
	case plan.Rule:
		return h.dropRule(x)
	case plan.Tracked:
		return h.forget(x)
	}
	return fmt.Errorf("item of kind %s is not for namespaces", x.Key().Kind)
}

func (h *Host) applyNamespaces(s run.Step) run.Result {
	var r run.Result
	for _, x := range s.Put {
		n := x.(plan.Namespace)
		r.Fail(n.Key(), h.putNamespace(n.Name))
	}
	for _, x := range s.Drop {
		n := x.(plan.Namespace)
		h.shut(n.Name)
		if !ownNamespace(n.Name) {
			continue
		}
		r.Fail(n.Key(), removeNamespace(n.Name))
	}
	return r
}

func (h *Host) putNamespace(ns string) error {
	if err := makeNamespace(ns); err != nil {
		return err
	}
	h.watchNames()
	b, err := h.open(ns)
	if err != nil {
		return err
	}
	lo, err := b.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find lo in %s: %w", ns, err)
	}
	if err := b.LinkSetUp(lo); err != nil {
		return fmt.Errorf("set lo up in %s: %w", ns, err)
	}
	return nil
}

// open gives the namespace's sockets, made anew if another namespace has taken the name.
func (h *Host) open(ns string) (*box, error) {
	var inode uint64
	if ns != "" {
		var ok bool
		if inode, ok = isNamespace(ns); !ok {
			h.shut(ns)
			return nil, fmt.Errorf("namespace %s: %w", ns, errGone)
		}
	}
	if b := h.boxes[ns]; b != nil && b.inode == inode {
		return b, nil
	}
	h.shut(ns)
	nl, err := openHandle(ns)
	if err != nil {
		return nil, fmt.Errorf("open netlink in namespace %q: %w", ns, err)
	}
	b := &box{nl, inode, nil}
	if e, err := h.listen(ns, func(dev string) { h.stir.add(ns, dev) }); err == nil {
		b.ear = e
	}
	h.boxes[ns] = b
	return b, nil
}

func openHandle(ns string) (*netlink.Handle, error) {
	if ns == "" {
		return netlink.NewHandle()
	}
	at, err := netns.GetFromPath(path(ns))
	if err != nil {
		return nil, err
	}
	defer at.Close()
	return netlink.NewHandleAt(at)
}

// shut closes the namespace's sockets: an open one would keep a removed namespace alive.
func (h *Host) shut(ns string) {
	h.forgetReadings(ns)
	if b := h.boxes[ns]; b != nil {
		b.Close()
		if b.ear != nil {
			b.ear.close()
		}
		delete(h.boxes, ns)
	}
}

var errGone = errors.New("not there")

// locator finds devices, each once a step.
type locator struct {
	h     *Host
	found map[[2]string]netlink.Link
}

func newLocator(h *Host) *locator { return &locator{h, map[[2]string]netlink.Link{}} }

func (l *locator) device(ns, dev string) (*box, netlink.Link, error) {
	b, err := l.h.open(ns)
	if err != nil {
		return nil, nil, err
	}
	at := [2]string{ns, dev}
	if d := l.found[at]; d != nil {
		return b, d, nil
	}
	d, err := b.LinkByName(dev)
	if errors.As(err, &netlink.LinkNotFoundError{}) {
		return nil, nil, fmt.Errorf("device %s in namespace %q: %w", dev, ns, errGone)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("find device %s in namespace %q: %w", dev, ns, err)
	}
	l.found[at] = d
	return b, d, nil
}
