package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"weft/client"
)

func (a *app) backupCommand() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write the controller's whole state into a file, while it runs",
		Long: `Write the controller's whole state into a file, as it is at one moment, while the controller goes on. "weft restore" puts
it back, and a controller that has lost its state starts with it as DATA-DIR/state.db. FILE may be - for the standard output.

The certificates and tokens of the controller are not in it: they are files in its data directory (pki/ and tokens), and
without pki/ every host would have to join anew.`,
		Example: "  weft backup weft-$(date +%F).db",
		Args:    Want("FILE"), ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault), // files
	}
	c.Flags().BoolVar(&force, "force", false, "write over a file that is there")
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		if args[0] == "-" {
			return cl.Backup(ctx, c.OutOrStdout())
		}
		if _, err := os.Lstat(args[0]); !force && !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(err, fmt.Errorf("%s is there already; name another file, or write over it with --force", args[0]))
		}
		return writeWhole(args[0], 0o600, func(w io.Writer) error { return cl.Backup(ctx, w) })
	})
	return c
}

func (a *app) restoreCommand() *cobra.Command {
	var sure bool
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make the controller's whole state what it was in a backup",
		Long: `Make the controller's whole state what it was when "weft backup" wrote FILE, in one transaction, while the controller
runs: hosts get the difference, and what is equal goes on untouched. What was made since is deleted, and what was deleted
since is there again. Where ports are plugged in now stays, as the hosts report it.

Without --yes it only shows how much would change.`,
		Example: "  weft restore weft-2026-01-31.db\n  weft restore weft-2026-01-31.db --yes --wait",
		Args:    Want("FILE"), ValidArgsFunction: cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault), // files
	}
	c.Flags().BoolVar(&sure, "yes", false, "do it")
	c.RunE = a.with(func(ctx context.Context, cl *client.Client, args []string) error {
		f, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer f.Close()
		found, err := cl.Restore(ctx, f, !sure)
		if err != nil {
			return err
		}
		return a.printRestored(c.OutOrStdout(), found)
	})
	return c
}

var restoredColumns = []column{{"Kind", "kind"}, {"Made", "made"}, {"Changed", "changed"}, {"Deleted", "deleted"}}

func (a *app) printRestored(w io.Writer, found client.Restored) error {
	rows := []client.Object{}
	for _, kind := range slices.Sorted(maps.Keys(found.Objects)) {
		n := found.Objects[kind]
		rows = append(rows, client.Object{"kind": kind, "made": n.Made, "changed": n.Changed, "deleted": n.Deleted})
	}
	if err := a.printList(w, restoredColumns, rows); err != nil || a.output != formatTable {
		return err
	}
	switch {
	case len(rows) == 0:
		fmt.Fprintln(w, "The state is what it was then.")
	case found.DryRun:
		fmt.Fprintln(w, "Nothing was changed yet: --yes does it.")
	default:
		fmt.Fprintf(w, "Restored, as revision %d.\n", found.Revision)
	}
	return nil
}
