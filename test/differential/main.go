// Command differential sends the same requests to a real neutron-server and to weft, and tells in what the answers differ,
// but for what testdata/reasons.json has a reason for. The Neutron must believe the headers X-Project-Id and X-Roles
// (auth_strategy = keystone, and no authtoken in its pipeline); ALL THAT IT HAS IS DELETED. What it answered to the
// stories of an area is kept in testdata, and "go test" holds weft against that without it.
//
//	go run ./test/differential -neutron http://127.0.0.1:9696 -record test/differential/testdata/core.txt core
//	go run ./test/differential -neutron http://127.0.0.1:9696 -seed 7 -stories 50 core
//
// Random stories are shrunk to what a difference needs, which takes a Neutron long, unless they are recorded.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"

	"weft/test/differential/exchange"
)

// options are what the command line says.
type options struct {
	neutron, hosts, wipe, record, from, only string
	seed                                     uint64
	stories                                  int
	areas                                    []string
}

func main() {
	var o options
	flag.StringVar(&o.neutron, "neutron", "", "the `URL` of the Neutron; all that it has is deleted")
	flag.StringVar(&o.hosts, "hosts", "", "a shell `command` that makes the agents of the hosts h1 (with a bridge for physnet1), h2 and h3 (dead) in the Neutron's database")
	flag.StringVar(&o.wipe, "wipe", "", "a shell `command` that deletes all that the Neutron has, faster than requests do")
	flag.StringVar(&o.record, "record", "", "write the stories with Neutron's answers into this `file`")
	flag.StringVar(&o.from, "from", "", "take stories and Neutron's answers from this `file`, without a Neutron")
	flag.StringVar(&o.only, "run", "", "only stories whose name matches this regular `expression`")
	flag.Uint64Var(&o.seed, "seed", 1, "the first seed of random stories")
	flag.IntVar(&o.stories, "stories", 0, "as many random stories as this, of seeds one after another, instead of the area's written ones")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: go run ./test/differential -neutron URL [flags] AREA ...\nAreas: %s.\n", strings.Join(areaNames(), ", "))
		flag.PrintDefaults()
	}
	flag.Parse()
	o.areas = flag.Args()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o, os.Stdout)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// choose gives the stories that are asked for.
func (o options) choose() (out []exchange.Story, err error) {
	if o.from != "" {
		return readStories(o.from)
	}
	for _, name := range o.areas {
		a, err := areaOf(name)
		if err != nil {
			return nil, err
		}
		if o.stories == 0 {
			out = append(out, a.written()...)
		}
		if a.random == nil && o.stories > 0 {
			return nil, fmt.Errorf("there are no random stories of %s", name)
		}
		for i := range o.stories {
			seed := o.seed + uint64(i)
			s := a.random(rand.New(rand.NewPCG(seed, 0)))
			s.Name = fmt.Sprintf("%s, seed %d", name, seed)
			out = append(out, s)
		}
	}
	return out, nil
}

func run(ctx context.Context, o options, out io.Writer) error {
	only, err := regexp.Compile(o.only)
	if err != nil {
		return err
	}
	stories, err := o.choose()
	if err != nil {
		return err
	}
	known, err := reasons()
	if err != nil {
		return err
	}
	n := neutron{exchange.Server{URL: o.neutron}, o.hosts, o.wipe}
	if o.neutron != "" {
		if err := n.empty(ctx); err != nil {
			return err
		}
	}
	r := &report{out: out, known: known, seen: map[sight]bool{}}
	if o.record != "" {
		f, err := os.Create(o.record)
		if err != nil {
			return err
		}
		defer f.Close()
		r.record = f
	}
	for _, s := range stories {
		if !only.MatchString(s.Name) {
			continue
		}
		if err := r.one(ctx, n, s); err != nil {
			return fmt.Errorf("story '%s': %w", s.Name, err)
		}
	}
	return r.close()
}

// sight is what is told only once.
type sight struct {
	exchange.Difference
	story string // "": whichever
}

func isRandom(s exchange.Story) bool { return strings.Contains(s.Name, ", seed ") }

// report tells each difference once.
type report struct {
	out      io.Writer
	known    []exchange.Reason
	seen     map[sight]bool
	record   io.Writer // of stories with Neutron's answers; nil: they are not kept
	requests int
}

func (r *report) one(ctx context.Context, n neutron, s exchange.Story) (err error) {
	if !recorded(s) {
		if n.URL == "" {
			return errors.New("nobody has recorded it: name a Neutron with -neutron")
		}
		if s, err = n.record(ctx, s); err != nil {
			return err
		}
	}
	if r.record != nil {
		if err := exchange.Write(r.record, []exchange.Story{s}); err != nil {
			return err
		}
	}
	r.requests += len(s.Steps)
	all, err := against(ctx, s)
	if err != nil {
		return err
	}
	for _, f := range all {
		if err := r.difference(ctx, n, f); err != nil {
			return err
		}
	}
	return nil
}

// difference tells of one that is new, in as short a story as it takes.
func (r *report) difference(ctx context.Context, n neutron, f found) (err error) {
	at := sight{f.Difference, f.story.Name}
	if isRandom(f.story) {
		at.story = ""
	}
	if r.seen[at] || explained(r.known, f) {
		return nil
	}
	r.seen[at] = true
	if isRandom(f.story) {
		if f = f.changesOnly(); n.URL != "" && r.record == nil {
			if f, err = n.shrink(ctx, f); err != nil {
				return err
			}
		}
	}
	r.tell(f)
	return nil
}

func (r *report) tell(f found) {
	fmt.Fprintf(r.out, "%s\n", f.Difference)
	fmt.Fprintf(r.out, "    # %s\n", f.story.Name)
	first := 0
	if !isRandom(f.story) {
		first = f.step
	}
	for _, s := range f.story.Steps[first : f.step+1] {
		fmt.Fprintf(r.out, "    %s\n", s)
	}
}

func (r *report) close() error {
	fmt.Fprintf(r.out, "%d requests, %d differences that have no reason\n", r.requests, len(r.seen))
	if len(r.seen) > 0 {
		return errors.New("weft's answers are not Neutron's")
	}
	return nil
}
