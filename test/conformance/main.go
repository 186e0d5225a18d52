package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"weft/test/serve"
)

// options are what the command line says.
type options struct {
	only, update, dir, program string
	verbose                    bool
	names                      []string
}

func main() {
	var o options
	flag.StringVar(&o.only, "run", "", "only tests that match this regular `expression`")
	flag.StringVar(&o.update, "update", "", "write the results into this `file`, docs/conformance.md")
	flag.StringVar(&o.dir, "dir", "", "keep what the suites need, and their logs, in this `folder`, which must be empty")
	flag.StringVar(&o.program, "weft", "", "the weft `program` (default: build it)")
	flag.BoolVar(&o.verbose, "v", false, "print what the suites print")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "usage: go run ./test/conformance [flags] [suite ...]\nSuites: %s. Without names, all.\n",
			strings.Join(names(suites()), ", "))
		flag.PrintDefaults()
	}
	flag.Parse()
	o.names = flag.Args()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o, os.Stdout)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func names(all []suite) []string {
	var out []string
	for _, s := range all {
		out = append(out, s.name)
	}
	return out
}

// choose gives the suites by name; no name is all.
func choose(all []suite, wanted []string) ([]suite, error) {
	if len(wanted) == 0 {
		return all, nil
	}
	var out []suite
	for _, w := range wanted {
		i := slices.IndexFunc(all, func(s suite) bool { return s.name == w })
		if i < 0 {
			return nil, fmt.Errorf("there is no suite %s; there are %s", w, strings.Join(names(all), ", "))
		}
		out = append(out, all[i])
	}
	return out, nil
}

func run(ctx context.Context, o options, out io.Writer) (err error) {
	chosen, err := choose(suites(), o.names)
	if err != nil {
		return err
	}
	if o.dir == "" {
		if o.dir, err = os.MkdirTemp("", "weft-conformance"); err != nil {
			return err
		}
		defer os.RemoveAll(o.dir)
	}
	if o.dir, err = filepath.Abs(o.dir); err != nil {
		return err
	}
	if o.program == "" {
		if o.program, err = serve.Build(o.dir); err != nil {
			return err
		}
	}
	var bad []string
	for _, s := range chosen {
		v, err := one(ctx, s, o, out)
		if err != nil {
			return fmt.Errorf("suite %s: %w", s.name, err)
		}
		if !v.ok() {
			bad = append(bad, s.name)
		}
	}
	if len(bad) > 0 {
		return fmt.Errorf("not as it should be: %s", strings.Join(bad, ", "))
	}
	return nil
}

// one runs a suite against a cloud of its own.
func one(ctx context.Context, s suite, o options, out io.Writer) (v verdict, err error) {
	exclusions, err := exclusionsOf(s.name)
	if err != nil {
		return v, err
	}
	dir := filepath.Join(o.dir, s.name)
	for _, d := range []string{dir, filepath.Join(dir, "cloud"), filepath.Join(dir, "suite")} {
		if err := os.Mkdir(d, 0o700); err != nil {
			return v, err
		}
	}
	c, err := startCloud(ctx, o.program, filepath.Join(dir, "cloud"))
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return v, err
	}
	defer log.Close()
	ord := order{program: o.program, cloud: c, dir: filepath.Join(dir, "suite"), only: o.only, log: log}
	if o.verbose {
		ord.log = io.MultiWriter(log, out)
	}
	results, err := s.run(ctx, ord)
	if err != nil {
		return v, fmt.Errorf("%w (its log is %s, with -dir)", err, log.Name())
	}
	v = judge(results, exclusions, o.only == "")
	tell(out, s, v)
	if o.update == "" || o.only != "" {
		return v, nil
	}
	return v, write(o.update, s, v)
}

// write puts a suite's results into the document.
func write(path string, s suite, v verdict) error {
	document, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(replaceSection(string(document), s.name, section(s, v))), 0o644)
}
