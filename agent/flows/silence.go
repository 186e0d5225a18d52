package flows

import "time"

// silentAfter is how long ovs-vswitchd may answer on no bridge before that is told: less happens when it starts anew.
const silentAfter = time.Second

// silence tells when ovs-vswitchd answers on no bridge, and when it does again.
type silence struct {
	k     *Keeper
	timer *time.Timer // runs while nothing answers and it was not told
	told  bool
}

// look does what is due.
func (s *silence) look() {
	connected, _, _ := s.k.state()
	switch {
	case connected || !s.k.hasFlows():
		s.stop()
		if s.told {
			s.told = false
			s.k.o.Silent(false)
		}
	case s.timer == nil && !s.told:
		s.timer = time.NewTimer(silentAfter)
	}
}

// tell is called when due has rung.
func (s *silence) tell() {
	s.stop()
	s.told = true
	s.k.o.Silent(true)
}

func (s *silence) due() <-chan time.Time {
	if s.timer == nil {
		return nil
	}
	return s.timer.C
}

func (s *silence) stop() {
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}
