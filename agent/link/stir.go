package link

import (
	"maps"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"weft/agent/run"
)

// stir is what was heard and not looked at yet.
type stir struct {
	wake chan struct{} // capacity 1

	mu    sync.Mutex
	where map[string]bool // namespaces
	ends  map[string]bool // devices of the host's own namespace
}

func newStir() *stir {
	return &stir{wake: make(chan struct{}, 1), where: map[string]bool{}, ends: map[string]bool{}}
}

func (s *stir) add(ns, dev string) {
	s.mu.Lock()
	switch {
	case ns != "":
		s.where[ns] = true
	case dev != "":
		s.ends[dev] = true
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Stirred gets a value when something may have changed in a namespace of weft's, by whoever's doing, the driver's own
// included.
func (h *Host) Stirred() <-chan struct{} { return h.stir.wake }

// TakeStirred gives, once, the namespaces to be read again: those in which something was heard since the last call, and
// those of which a pair's other end was.
func (h *Host) TakeStirred(want *run.Wanted) map[string]bool {
	h.stir.mu.Lock()
	where, ends := h.stir.where, h.stir.ends
	h.stir.where, h.stir.ends = map[string]bool{}, map[string]bool{}
	h.stir.mu.Unlock()
	where = maps.Clone(where)
	if len(ends) == 0 {
		return where
	}
	for dev := range ends {
		for k := range want.PairsAt("", dev) {
			where[k.NS] = true
		}
	}
	return where
}

// watchNames hears of names of namespaces that come and go. The directory may be made later, so it is tried again.
func (h *Host) watchNames() {
	if h.names != nil {
		return
	}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return // the clock tells, later
	}
	if _, err := unix.InotifyAddWatch(fd, netnsDir, unix.IN_DELETE|unix.IN_MOVED_FROM|unix.IN_ONLYDIR); err != nil {
		_ = unix.Close(fd)
		return
	}
	h.names = os.NewFile(uintptr(fd), "names")
	h.ears.Go(func() { h.hearNames(h.names) })
}

func (h *Host) hearNames(f *os.File) {
	b := make([]byte, 16<<10)
	for {
		n, err := f.Read(b)
		if err != nil {
			return
		}
		for rest := b[:n]; len(rest) >= unix.SizeofInotifyEvent; {
			e := (*unix.InotifyEvent)(unsafe.Pointer(&rest[0]))
			end := unix.SizeofInotifyEvent + int(e.Len)
			if end > len(rest) {
				break
			}
			if ns := unix.ByteSliceToString(rest[unix.SizeofInotifyEvent:end]); ownNamespace(ns) {
				h.stir.add(ns, "")
			}
			rest = rest[end:]
		}
	}
}
