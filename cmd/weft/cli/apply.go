package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"weft/client"
	"weft/client/apply"
)

const applyLong = `Make the cloud what files say: make what is missing, change what differs, leave the rest. A second time nothing
changes. A file is YAML: a list of objects under the plural of each resource, with the attributes of the API. Objects
name each other by name; "weft export" writes such a file of what is there.

What a file does not say of an object is the default; what has no default, or is written by others (such as the virtual
machine on a port), is left alone. With a line "scope: NAME" in a file, or with --scope, what is made gets a tag; --prune
then deletes what has the tag of this scope and is in the files no more, with what belongs to it (port forwardings of such a
floating IP, RBAC policies about such an object), and never anything else. A port that a virtual machine uses is refused.

All files are checked before anything changes. Objects of a kind are made a thousand at a time, all or none; after a
refusal what was done stays, and the same command does the rest.

--dry-run shows what would be done: + makes, ~ changes, - deletes. It exits with 1 if there is something to do, else 0.`

// applying are the flags of apply.
type applying struct {
	files  []string
	dryRun bool
	opts   apply.Options
}

func (a *app) applyCommand() *cobra.Command {
	var g applying
	c := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Make the cloud what files say",
		Long:  applyLong,
		Example: `  weft apply -f cloud.yaml --dry-run
  weft apply -f cloud.yaml --wait
  weft apply -f networks/ -f routers.yaml --prune --scope production
  weft export | weft apply -f -`,
		Args: Want(), ValidArgsFunction: cobra.NoFileCompletions,
	}
	f := c.Flags()
	f.StringArrayVarP(&g.files, "filename", "f", nil, "`FILE`, directory of *.yaml files, or - for the standard input; may be repeated")
	f.BoolVar(&g.dryRun, "dry-run", false, "only show the difference")
	f.BoolVar(&g.opts.Prune, "prune", false, "delete what was applied under the scope and is in the files no more")
	f.BoolVar(&g.opts.PruneAll, "prune-all", false, "with --prune, delete all of the scope if the files have no objects")
	f.StringVar(&g.opts.Scope, "scope", "", "`NAME` that marks what is made (default: the one that the files say)")
	f.BoolVar(&g.opts.Adopt, "adopt", false, "also mark what the files name and others have made, so that --prune may delete it later")
	complete(c, "scope", cobra.NoFileCompletions)
	schema := f.Bool("schema", false, "print the JSON schema of the files, for editors")
	run := a.with(func(ctx context.Context, cl *client.Client, _ []string) error { return a.apply(ctx, cl, c, g) })
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if *schema {
			return encode(c.OutOrStdout(), formatJSON, apply.Schema(a.kinds))
		}
		return run(cmd, args)
	}
	return c
}

func (a *app) apply(ctx context.Context, cl *client.Client, c *cobra.Command, g applying) error {
	sources, err := readSources(g.files, c.InOrStdin())
	if err != nil {
		return err
	}
	doc, err := apply.Read(a.kinds, sources...)
	if err != nil {
		return faults(err)
	}
	plan, err := apply.Compare(ctx, cl, doc, g.opts)
	if err != nil {
		return faults(err)
	}
	out := c.OutOrStdout()
	if g.dryRun {
		return dryRun(out, plan)
	}
	shown := newProgress(c.ErrOrStderr(), len(plan.Changes))
	err = plan.Run(ctx, cl.NotWaiting(), func(change *apply.Change) {
		shown.clear()
		fmt.Fprintln(out, plan.Line(change))
		shown.step()
	})
	shown.clear()
	if err != nil {
		return fmt.Errorf("%w\n%d of %d changes are done; the same command does the rest", err, shown.done, len(plan.Changes))
	}
	fmt.Fprintf(out, "%d made, %d changed, %d deleted, %d as they should be.\n",
		plan.Count(apply.Create), plan.Count(apply.Update), plan.Count(apply.Delete), plan.Same)
	if a.cfg.Wait {
		return plan.Confirm(ctx, cl)
	}
	return nil
}

func dryRun(out io.Writer, plan *apply.Plan) error {
	if err := plan.Write(out); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d to make, %d to change, %d to delete, %d as they should be.\n",
		plan.Count(apply.Create), plan.Count(apply.Update), plan.Count(apply.Delete), plan.Same)
	if plan.Empty() {
		return nil
	}
	return Exit(exitFailure)
}

// faults shows no more than a screenful of them.
func faults(err error) error {
	const most = 20
	var problem *apply.Problem
	if !errors.As(err, &problem) {
		return err
	}
	lines := strings.Split(err.Error(), "\n")
	if n := len(lines) - most; n > 0 {
		lines = append(lines[:most], fmt.Sprintf("… and %d more", n))
	}
	return fmt.Errorf("nothing is changed:\n%s", strings.Join(lines, "\n"))
}

// readSources reads files, the YAML files of directories in the order of their names, and the standard input.
func readSources(names []string, stdin io.Reader) ([]apply.Source, error) {
	if len(names) == 0 {
		return nil, usagef("-f is missing: give a file, a directory, or - for the standard input")
	}
	var out []apply.Source
	for _, name := range names {
		if name == "-" {
			data, err := io.ReadAll(stdin)
			if err != nil {
				return nil, fmt.Errorf("read the standard input: %w", err)
			}
			out = append(out, apply.Source{Name: "stdin", Data: data})
			continue
		}
		files, err := yamlFiles(name)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				return nil, err
			}
			out = append(out, apply.Source{Name: f, Data: data})
		}
	}
	return out, nil
}

func yamlFiles(name string) ([]string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return []string{name}, nil
	}
	var out []string
	err = filepath.WalkDir(name, func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(p)) {
			out = append(out, p)
		}
		return err
	})
	if err == nil && len(out) == 0 {
		err = fmt.Errorf("%s: there is no .yaml file in it", name)
	}
	return out, err
}

func (a *app) exportCommand() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "export",
		Short: "Write a file of the whole cloud, as apply reads it",
		Long: `Write a file of all that people have declared, as "weft apply" reads it: what was asked for, not what came of it. What weft
makes by itself is not in it, nor, of a port that Compute runs, which virtual machine is on it and where; nor are hosts, which
join by themselves, and port bindings, which belong to a running guest. Applied where it comes from, it changes nothing; applied to a
controller without objects, it makes the same cloud. For the whole state of a controller see "weft backup".`,
		Example: "  weft export >cloud.yaml\n  weft export -o cloud.yaml",
		Args:    Want(), ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.Flags().StringVarP(&file, "output", "o", "", "write to this `FILE`, which changes only once all is written")
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, _ []string) error {
		if file == "" {
			return apply.Export(ctx, cl, a.kinds, c.OutOrStdout())
		}
		return writeWhole(file, 0o644, func(w io.Writer) error { return apply.Export(ctx, cl, a.kinds, w) })
	})
	return c
}

// writeWhole replaces a file by what write writes, with these permissions, or leaves it as it is.
func writeWhole(name string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".weft-*")
	if err != nil {
		var cause *fs.PathError // its path is that of a file that nobody knows
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return fmt.Errorf("write %s: make a file in %s: %w", name, filepath.Dir(name), err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	err = errors.Join(write(f), f.Sync(), f.Chmod(mode), f.Close())
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return os.Rename(f.Name(), name)
}
