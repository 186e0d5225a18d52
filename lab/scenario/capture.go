package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"

	"weft/lab"
	"weft/lab/machine"
	"weft/lab/pcap"
)

// Capture collects the packets of a device of the lab.
type Capture struct {
	where string
	cmd   *exec.Cmd
	stop  context.CancelFunc
	ended chan struct{} // closed after the last packet

	mu      sync.Mutex
	packets []pcap.Packet
	err     error
	more    chan struct{} // closed and made anew with each packet
}

// StartCapture captures at a device of a place, and returns when it captures. Stop must be called.
func StartCapture(ctx context.Context, p lab.Place, dev string) (*Capture, error) {
	ctx, cancel := context.WithCancel(ctx)
	c := &Capture{where: p.Name + "/" + dev, stop: cancel, ended: make(chan struct{}), more: make(chan struct{})}
	c.cmd = machine.Cmd(ctx, p.Process, p.Netns, "tcpdump", "-i", dev, "-nn", "-U", "--immediate-mode", "-s", "256", "-w", "-")
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		cancel()
		return nil, fmt.Errorf("capture at %s: %w", c.where, err)
	}
	var said bytes.Buffer
	c.cmd.Stderr = &said
	if err := c.cmd.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("capture at %s: %w", c.where, err)
	}
	// tcpdump writes the header only once it listens.
	r, err := pcap.NewReader(out)
	if err != nil {
		cancel()
		err = errors.Join(err, c.cmd.Wait())
		return nil, fmt.Errorf("capture at %s: %w: %s", c.where, err, strings.TrimSpace(said.String()))
	}
	go c.read(r)
	return c, nil
}

func (c *Capture) read(r *pcap.Reader) {
	defer close(c.ended)
	for {
		p, err := r.Next()
		c.mu.Lock()
		if err != nil && !errors.Is(err, io.EOF) {
			c.err = fmt.Errorf("capture at %s: %w", c.where, err)
		}
		if err == nil {
			c.packets = append(c.packets, p)
		}
		close(c.more)
		c.more = make(chan struct{})
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Stop ends the capture and gives all packets.
func (c *Capture) Stop() ([]pcap.Packet, error) {
	c.stop()
	<-c.ended
	_ = c.cmd.Wait() // it was killed
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.packets, c.err
}

// awaitTimeout is how long is waited for what comes at once on an idle machine.
const awaitTimeout = 30 * time.Second

// patience is how long is waited for what takes a while.
const patience = 90 * time.Second

// Await waits until a packet that match accepts was captured, and gives all packets up to then. Packets of one device
// come in order: what is not among them by then was not sent before that packet.
func (c *Capture) Await(ctx context.Context, what string, match func(pcap.Packet) bool) ([]pcap.Packet, error) {
	ctx, cancel := context.WithTimeout(ctx, awaitTimeout)
	defer cancel()
	for seen := 0; ; {
		c.mu.Lock()
		have, more := c.packets, c.more
		c.mu.Unlock()
		for ; seen < len(have); seen++ {
			if match(have[seen]) {
				return have[:seen+1], nil
			}
		}
		select {
		case <-more:
		case <-c.ended:
			return have, fmt.Errorf("the capture at %s ended early", c.where)
		case <-ctx.Done():
			return have, fmt.Errorf("no %s at %s among %d packets%s", what, c.where, len(have), sample(have))
		}
	}
}

// sample shows some of the packets that a check did not like.
func sample(ps []pcap.Packet) string {
	const most = 12
	s := ""
	for i, p := range ps {
		if i == most {
			return s + fmt.Sprintf("\n  … and %d more", len(ps)-most)
		}
		s += "\n  " + p.String()
	}
	return s
}

// pick gives the packets that match accepts.
func pick(ps []pcap.Packet, match func(pcap.Packet) bool) []pcap.Packet {
	var out []pcap.Packet
	for _, p := range ps {
		if match(p) {
			out = append(out, p)
		}
	}
	return out
}

// Packets gives what was captured so far.
func (c *Capture) Packets() []pcap.Packet {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.packets
}
