package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"weft/client"
)

// app is what the commands of one run share.
type app struct {
	Reach
	kinds   []client.Kind // what the API has
	columns []string
	output  string
	every   time.Duration // how often what is watched is read; 0: each second
}

// Root makes the whole command tree: objects get their commands from the declarations of the API's resources. extra are
// commands made elsewhere: controller, agent, lab. The tree belongs to one run: use it once, with Execute.
func Root(kinds []client.Kind, extra ...*cobra.Command) *cobra.Command {
	return newRoot(&app{kinds: kinds}, extra)
}

func newRoot(a *app, extra []*cobra.Command) *cobra.Command {
	root := group("weft", "Distributed networking for virtual machines")
	root.Long = rootLong
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usagef("%w", inWords(err)) })
	root.AddGroup(&cobra.Group{ID: groupObjects, Title: "Objects:"}, &cobra.Group{ID: groupHosts, Title: "What hosts hold:"},
		&cobra.Group{ID: groupRun, Title: "Programs:"})
	a.addObjects(root)
	root.AddCommand(a.remote(groupObjects, a.topologyCommand()))
	root.AddCommand(a.reach(groupObjects, a.applyCommand()), a.reach(groupObjects, a.exportCommand()))
	for _, c := range []*cobra.Command{
		a.statusCommand(), a.planCommand(), a.flowsCommand(), a.diffCommand(), a.traceCommand(), a.checkCommand(), a.libvirtCommand(),
		a.backupCommand(), a.restoreCommand(),
	} {
		root.AddCommand(a.remote(groupHosts, c))
	}
	for _, c := range extra {
		c.GroupID = groupRun
		root.AddCommand(c)
	}
	exemplify(root)
	return root
}

// own makes cobra's own commands refuse what they do not know.
func own(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Run, c.RunE = nil, help
		case "completion":
			c.Args, c.RunE = cobra.ArbitraryArgs, unknownBelow
		}
	}
}

// help shows the help of the command that the arguments name.
func help(c *cobra.Command, args []string) error {
	cmd, rest, err := c.Root().Find(args)
	if err != nil || len(rest) > 0 {
		return usagef("%q is not a command; \"weft help\" lists them", strings.Join(args, " "))
	}
	return cmd.Help()
}

const (
	groupObjects = "objects"
	groupHosts   = "hosts"
	groupRun     = "run"
)

const rootLong = `weft is distributed networking for virtual machines: a controller, agents on the hypervisors, and this command line.

The commands for objects speak to the controller at --endpoint (WEFT_ENDPOINT, OS_ENDPOINT, else
` + client.DefaultEndpoint + `) with the token of WEFT_TOKEN, OS_TOKEN or the file ` + client.DefaultTokenFile + `;
or to the cloud of clouds.yaml that --os-cloud or OS_CLOUD names, or with OS_AUTH_URL, OS_USERNAME, OS_PASSWORD and so on,
as the openstack client does.
Where an object is named, its name and its id both do.

Exit status: 0 success; 1 failure, or a difference found by "weft diff"; 2 wrong usage; 3 no such object;
130 ended by Ctrl-C.`

// remote gives a command that shows what the controller says the flags for it.
func (a *app) remote(groupID string, c *cobra.Command) *cobra.Command {
	a.reach(groupID, c)
	a.prints(c)
	return c
}

// prints gives a command the flags that say how it shows what it shows.
func (a *app) prints(c *cobra.Command) {
	f := c.PersistentFlags()
	f.StringVarP(&a.output, "output", "o", "table", "`FORMAT`: table, wide (more columns), json, yaml or value")
	f.StringArrayVarP(&a.columns, "column", "c", nil, "show only this `COLUMN`; may be repeated")
	complete(c, "output", fixed(formats...))
}

// reach gives a command that talks to the controller the flags for that.
func (a *app) reach(groupID string, c *cobra.Command) *cobra.Command {
	c.GroupID = groupID
	a.Flags(c)
	f := c.PersistentFlags()
	f.BoolVar(&a.cfg.Wait, "wait", false, "return from a change only after the hosts that it concerns have confirmed it")
	return c
}

// group makes a command that only holds others.
func group(use, short string) *cobra.Command {
	return &cobra.Command{
		Use:                        use,
		Short:                      short,
		Args:                       cobra.ArbitraryArgs,
		SuggestionsMinimumDistance: 2, // typing errors
		RunE:                       unknownBelow,
	}
}

// unknownBelow is what a command that only holds others does.
func unknownBelow(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	msg := fmt.Sprintf("%q is not a command of %q", args[0], cmd.CommandPath())
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		msg += "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return usagef("%s", msg)
}

// Group makes a command that only holds others.
func Group(use, short string) *cobra.Command { return group(use, short) }

// Execute runs the tree of Root with the process's arguments (or those of SetArgs), tells the user what went wrong on
// the tree's error output, and gives the exit status.
func Execute(ctx context.Context, root *cobra.Command) int {
	started := false
	walk(root, func(c *cobra.Command) { markStart(c, &started) })
	out := &written{w: root.OutOrStdout()}
	root.SetOut(out)
	own(root)
	cmd, err := root.ExecuteContextC(ctx)
	if out.err != nil {
		err = out.err
	}
	if err == nil {
		return exitOK
	}
	if !started && out.err == nil { // cobra itself found the fault: arguments, required flags …
		err = usagef("%w", inWords(err))
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		fmt.Fprintln(root.ErrOrStderr(), "weft: interrupted")
		return exitStopped
	}
	code := exitCode(err)
	var quiet Exit
	if !errors.As(err, &quiet) {
		fmt.Fprintf(root.ErrOrStderr(), "weft: %s\n", manyLines(err.Error()))
		if h := hint(err); h != "" {
			fmt.Fprintln(root.ErrOrStderr(), h)
		}
	}
	if code == exitUsage {
		fmt.Fprintf(root.ErrOrStderr(), "See \"%s --help\".\n", cmd.CommandPath())
	}
	return code
}

func markStart(c *cobra.Command, started *bool) {
	run := c.RunE
	if run == nil {
		return
	}
	c.RunE = func(cmd *cobra.Command, args []string) error {
		*started = true
		return run(cmd, args)
	}
}

func walk(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, sub := range c.Commands() {
		walk(sub, visit)
	}
}
