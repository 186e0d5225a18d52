package ofp_test

import (
	"net"
	"strings"
	"testing"

	"weft/controller/ofp"
	"weft/controller/ofp/wire"
)

func TestASwitchThatRefusesToKnowTheControllerIsNotTakenForOne(t *testing.T) {
	here, there := net.Pipe()
	f := &fake{there, t}
	greeted := make(chan struct{})
	go func() { defer close(greeted); f.introduce(5) }()
	s, err := ofp.NewSession(t.Context(), here, ofp.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Wait()
	defer s.Close()
	<-greeted
	refused := make(chan error, 1)
	go func() { refused <- s.BecomeController(t.Context(), 7) }()
	for {
		h, b := f.receive()
		if h.Type == wire.TypeExperimenter {
			const badRequest, badExperimenter = 1, 3
			_, _ = f.Write(wire.AppendError(nil, h.XID, badRequest, badExperimenter, b))
		}
		if h.Type == wire.TypeBarrierRequest {
			_, _ = f.Write(wire.AppendMessage(nil, wire.TypeBarrierReply, h.XID, nil))
			break
		}
	}
	if err := <-refused; err == nil || !strings.Contains(err.Error(), "become controller 7: bad request: bad experimenter") {
		t.Errorf("got %v", err)
	}
}
