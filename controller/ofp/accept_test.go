package ofp_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"

	"weft/controller/ofp"
)

// starved is a listener of a process that has no file descriptor left.
type starved struct {
	mu     sync.Mutex
	closed bool
	tried  int
}

func (s *starved) Accept() (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried++
	if s.closed {
		return nil, net.ErrClosed
	}
	return nil, fmt.Errorf("accept: %w", syscall.EMFILE)
}

func (s *starved) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

func (s *starved) Addr() net.Addr { return &net.TCPAddr{} }

func TestALackOfFilesIsWaitedOutAndDoesNotFillTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, hook := logtest.NewNullLogger()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		l := &starved{}
		if err := ofp.NewServer(ofp.Config{Log: logrus.NewEntry(log)}).Serve(ctx, l); err != nil {
			t.Errorf("the server ended: %v", err)
		}
		if said := len(hook.AllEntries()); l.tried < 100 || said == 0 || said > 6 {
			t.Errorf("in a minute it tried %d times and said so %d times, want tries all the time and a word each ten seconds", l.tried, said)
		}
	})
}

func TestStrangersCannotFillTheLog(t *testing.T) {
	log, hook := logtest.NewNullLogger()
	addr := serve(t, ofp.Config{Log: logrus.NewEntry(log)})
	for range 200 {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte("GET / HTTP/1.0\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, conn) // until it is hung up on
		conn.Close()
	}
	if said := len(hook.AllEntries()); said == 0 || said > 40 {
		t.Errorf("of 200 strangers the log tells %d times, want some", said)
	}
}
