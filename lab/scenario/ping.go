package scenario

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"weft/lab"
	"weft/lab/machine"
)

// Ping sends three echo requests, and wants an answer to each within five seconds. They are three runs of ping: one run
// of three would give up on the last after two round trip times, which on a busy machine says nothing.
func Ping(ctx context.Context, from lab.Place, to netip.Addr) (seen string, err error) {
	const script = `for i in 1 2 3; do ping -n -c1 -W5 "$0" || exit 1; done`
	out, err := machine.Run(ctx, from.Process, from.Netns, "sh", "-c", script, to.String())
	if err != nil {
		known, _ := machine.Run(ctx, from.Process, from.Netns, "ip", "neighbour") // to explain the failure
		return statistics(out), fmt.Errorf("%s does not reach %s: %w\n%s\nits neighbours:\n%s", from.Name, to, err,
			strings.TrimSpace(out), strings.TrimSpace(known))
	}
	return statistics(out), nil
}

// NoPing wants no answer to three echo requests.
func NoPing(ctx context.Context, from lab.Place, to netip.Addr) (seen string, err error) {
	out, err := machine.Run(ctx, from.Process, from.Netns, "ping", "-n", "-c3", "-i0.2", "-W1", to.String())
	if err == nil {
		return statistics(out), fmt.Errorf("%s still reaches %s", from.Name, to)
	}
	if !strings.Contains(out, "3 packets transmitted, 0 received") {
		return statistics(out), fmt.Errorf("%s to %s: want three requests without an answer: %w\n%s", from.Name, to, err, out)
	}
	return statistics(out), nil
}

var (
	lossForm = regexp.MustCompile(`(\d+) packets transmitted, (\d+)(?: packets)? received`)
	timeForm = regexp.MustCompile(`time=([\d.]+) ms`)
)

// statistics shortens what one or several runs of ping say.
func statistics(out string) string {
	sent, answered := 0, 0
	for _, m := range lossForm.FindAllStringSubmatch(out, -1) {
		sent += atoi(m[1])
		answered += atoi(m[2])
	}
	s := fmt.Sprintf("%d sent, %d answered", sent, answered)
	var times []string
	for _, m := range timeForm.FindAllStringSubmatch(out, -1) {
		times = append(times, m[1])
	}
	if len(times) > 0 {
		s += ": " + strings.Join(times, " ") + " ms"
	}
	return s
}

// atoi reads digits that a pattern has found.
func atoi(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// OpenPing is a ping that goes on, or something else that hears of others all the while.
type OpenPing struct {
	from, to string
	cmd      *exec.Cmd
	stop     context.CancelFunc
	ended    chan struct{}

	mu      sync.Mutex
	answers int
	last    time.Time     // of the newest answer
	queued  time.Duration // just before
	longest silence       // between two answers
	worst   silence       // the longest after what the machine is to blame for is taken off
}

// StartPing sends an echo request every 0.1 s until Stop, which must be called.
func StartPing(ctx context.Context, from lab.Place, to netip.Addr) (*OpenPing, error) {
	return StartPingEvery(ctx, from, to, 100*time.Millisecond)
}

// StartPingEvery is StartPing with another pause between the requests.
func StartPingEvery(ctx context.Context, from lab.Place, to netip.Addr, pause time.Duration) (*OpenPing, error) {
	return startHearing(ctx, from, to.String(), "bytes from "+to.String(),
		"stdbuf", "-oL", "ping", "-n", fmt.Sprintf("-i%g", pause.Seconds()), to.String())
}

// StartReceiver takes one TCP connection, whose lines it counts as answers. Stop must be called.
func StartReceiver(ctx context.Context, at lab.Place, port int) (*OpenPing, error) {
	const script = `sleep infinity | busybox nc -l -p "$0"` // it would close the connection at the end of its input
	return startHearing(ctx, at, "a TCP connection", tick, "sh", "-c", script, strconv.Itoa(port))
}

// tick is in every line that a receiver counts.
const tick = "tick"

// startHearing runs a command at a place, each of whose lines with the word is an answer from to.
func startHearing(ctx context.Context, at lab.Place, to, word string, argv ...string) (*OpenPing, error) {
	ctx, cancel := context.WithCancel(ctx)
	p := &OpenPing{from: at.Name, to: to, stop: cancel, ended: make(chan struct{})}
	p.cmd = machine.Cmd(ctx, at.Process, at.Netns, argv...)
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, fmt.Errorf("hear from %s at %s: %w", to, at.Name, err)
	}
	go func() {
		defer close(p.ended)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.Contains(lines.Text(), word) {
				before, now := queued(), time.Now()
				p.answered(now, before, queued())
			}
		}
	}()
	return p, nil
}

// answered counts an answer. How long something was queued is read on both sides of the clock, between which this program
// itself may wait: a silence is as long as its clock says, and what was queued in it is all from before it to after it.
func (p *OpenPing) answered(now time.Time, before, after time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := silence{Length: now.Sub(p.last), Busy: after - p.queued, Over: now}
	if p.answers > 0 && s.Length > p.longest.Length {
		p.longest = s
	}
	if p.answers > 0 && s.Own() > p.worst.Own() {
		p.worst = s
	}
	p.answers++
	p.last, p.queued = now, before
}

// silences gives the longest time between two answers, and the worst: what is left of one without the machine's part.
func (p *OpenPing) silences() (longest, worst silence) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.longest, p.worst
}

// Answers counts the answers so far.
func (p *OpenPing) Answers() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answers
}

// AwaitAnswers waits until n more answers have come.
func (p *OpenPing) AwaitAnswers(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, awaitTimeout)
	defer cancel()
	before := p.Answers()
	return until(ctx, func() error {
		if got := p.Answers() - before; got < n {
			return fmt.Errorf("%s got %d answers from %s, want %d", p.from, got, p.to, n)
		}
		return nil
	})
}

// Stop ends the ping.
func (p *OpenPing) Stop() {
	p.stop()
	<-p.ended
	_ = p.cmd.Wait() // it was killed
}

// until polls try until it succeeds, or gives its last reason when ctx ends.
func until(ctx context.Context, try func() error) error {
	t := time.NewTicker(50 * time.Millisecond)
	defer t.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-t.C:
		}
	}
}
