package compile

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"

	"weft/api"
	"weft/pipeline"
	"weft/plan"
)

// maxShared bounds how many parts are kept; beyond, all are made anew.
const maxShared = 1 << 14

// peers keeps what hosts hold for another host. That is most of what a host of thousands holds, and nearly the same on all
// of them, as it depends on few numbers of the host itself: so they share it, flows encoded and all. The zero value is
// ready.
type peers struct {
	mu    sync.Mutex
	parts map[peerKey][]plan.Flow
}

// peerKey is all that pipeline.Peer looks at.
type peerKey struct {
	peer   api.HostID
	mac    api.MAC
	tunnel netip.Addr
	meets  bool
	from   vantage
}

// vantage is what pipeline.Peer looks at of the host itself.
type vantage struct {
	v4, joined                bool
	vxlan, patchInt, patchTun uint32
	providers                 string
}

func vantageOf(s *pipeline.Site) vantage {
	var providers strings.Builder
	for _, p := range s.Providers() {
		fmt.Fprintf(&providers, "%q %d %d ", p.Bridge, p.IntPort, p.PatchPort)
	}
	return vantage{
		v4: s.Host.TunnelIP.Is4(), joined: s.Host.TunnelIP.IsValid(),
		vxlan: s.VXLAN(), patchInt: s.PatchInt(), patchTun: s.PatchTun(), providers: providers.String(),
	}
}

// get gives what is kept, or makes it. Nobody may change it.
func (p *peers) get(k peerKey, build func() ([]plan.Flow, error)) ([]plan.Flow, error) {
	p.mu.Lock()
	found, ok := p.parts[k]
	p.mu.Unlock()
	if ok {
		return found, nil
	}
	made, err := build()
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.parts == nil || len(p.parts) >= maxShared {
		p.parts = map[peerKey][]plan.Flow{}
	}
	p.parts[k] = made
	return made, nil
}
