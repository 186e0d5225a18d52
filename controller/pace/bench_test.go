package pace

import (
	"crypto/sha256"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"
)

// BenchmarkBystander has 300 connections come at once that each cost some 2 ms of work, which is what a handshake costs, and
// reports the slowest answer that another connection gets meanwhile: without turns, and with two.
func BenchmarkBystander(b *testing.B) {
	for _, turns := range []int{0, 2} {
		b.Run(fmt.Sprintf("turns=%d", turns), func(b *testing.B) {
			var slowest time.Duration
			for b.Loop() {
				slowest = max(slowest, bystander(b, turns))
			}
			b.ReportMetric(float64(slowest.Microseconds())/1000, "slowest-ms")
		})
	}
}

func bystander(b *testing.B, turns int) (slowest time.Duration) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	if turns > 0 {
		l = NewTurns(turns).Listener(l)
	}
	dial := func() (server, client net.Conn) {
		client, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		if server, err = l.Accept(); err != nil {
			b.Fatal(err)
		}
		return server, client
	}
	there, here := dial()
	defer here.Close()
	go echo(there)
	for range 2 * greetings { // it has long been there
		ask(b, here)
	}
	done := crowd(dial)
	for {
		select {
		case <-done:
			return slowest
		default:
			start := time.Now()
			ask(b, here)
			slowest = max(slowest, time.Since(start))
		}
	}
}

// crowd has 300 clients speak in one moment, and closes done when all were served.
func crowd(dial func() (server, client net.Conn)) (done chan struct{}) {
	var all sync.WaitGroup
	clients := make([]net.Conn, 300)
	for i := range clients {
		server, client := dial()
		clients[i] = client
		all.Go(func() {
			_, _ = server.Read(make([]byte, 1))
			work(2 * time.Millisecond)
			_, _ = server.Close(), client.Close()
		})
	}
	for _, client := range clients {
		_, _ = client.Write([]byte{1})
	}
	done = make(chan struct{})
	go func() { all.Wait(); close(done) }()
	return done
}

// work takes about so much of a processor.
func work(d time.Duration) {
	block := make([]byte, 64<<10)
	for range d / (50 * time.Microsecond) {
		sha256.Sum256(block)
	}
}

func echo(c net.Conn) {
	defer c.Close()
	for b := make([]byte, 1); ; {
		if _, err := c.Read(b); err != nil {
			return
		}
		if _, err := c.Write(b); err != nil {
			return
		}
	}
}

func ask(b *testing.B, c net.Conn) {
	b.Helper()
	if _, err := c.Write([]byte{1}); err != nil {
		b.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err != nil {
		b.Fatal(err)
	}
}
