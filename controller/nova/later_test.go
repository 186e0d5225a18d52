package nova_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"

	"weft/controller/nova"
)

// RoundTrip makes the stand-in the transport of a client, where there is no network.
func (c *compute) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	c.serve(w, r)
	return w.Result(), nil
}

// nowhere runs a sender, in a bubble of its own time, to a Nova that has some servers on no host.
func nowhere(t *testing.T) (*compute, *nova.Sender) {
	c := &compute{T: t, url: "http://nova/v2.1", answer: undelivered, got: make(chan struct{}, 1)}
	logger, _ := logtest.NewNullLogger()
	s := nova.NewSender(c.with(""), logrus.NewEntry(logger))
	s.Client.Transport = c
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { _ = s.Run(ctx) })
	t.Cleanup(func() { cancel(); done.Wait() })
	return c, s
}

// undelivered is what Nova answers of servers that are on no host: those of which the names begin with "lost".
func undelivered(_ int, events []nova.Event) (int, any) {
	var out []map[string]any
	for _, e := range events {
		code := http.StatusOK
		if strings.HasPrefix(e.ServerUUID, "lost") {
			code = http.StatusUnprocessableEntity
		}
		out = append(out, map[string]any{"name": e.Name, "server_uuid": e.ServerUUID, "tag": e.Tag, "code": code})
	}
	return http.StatusMultiStatus, map[string]any{"events": out}
}

// A server that could not be built is on no host for good, and others boot while its ports go.
func TestAServerThatIsNowhereKeepsNoOtherWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := nowhere(t)
		lost := nova.Event{Name: nova.Plugged, ServerUUID: "lost", Tag: "p", Status: "completed"}
		s.Tell(lost, nova.Event{Name: nova.Deleted, ServerUUID: "lost2", Tag: "q"})
		for i := range 400 { // more than as long as Nova waits for an event
			time.Sleep(time.Second)
			s.Tell(event(i))
			synctest.Wait()
			if told := c.told(); !slices.Contains(told, event(i)) {
				t.Fatalf("Nova was told %v, and %v waits", told, event(i))
			}
		}
		told := map[string]int{}
		for _, e := range c.told() {
			told[e.ServerUUID]++
		}
		if told["lost"] < 10 || told["lost"] > 40 || told["lost2"] != 1 {
			t.Errorf("Nova was told %d times of the port that is plugged, and %d times of the one that went", told["lost"], told["lost2"])
		}
	})
}

func TestNewsOfAPortOutdateWhatNovaCouldNotBeTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := nowhere(t)
		s.Tell(nova.Event{Name: nova.Plugged, ServerUUID: "lost", Tag: "p", Status: "completed"})
		synctest.Wait()
		s.Tell(nova.Event{Name: nova.Unplugged, ServerUUID: "lost", Tag: "p", Status: "completed"})
		time.Sleep(time.Hour)
		synctest.Wait()
		if told := c.told(); len(told) != 2 || told[1].Name != nova.Unplugged {
			t.Errorf("Nova was told %v", told)
		}
	})
}
