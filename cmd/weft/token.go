package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"weft/client"
	"weft/cmd/weft/cli"
	"weft/controller/auth"
)

// defaultDataDir is where a controller keeps its things if it is not told.
const defaultDataDir = "/var/lib/weft"

// tokensIn is the file of a controller's tokens.
func tokensIn(dataDir string) string { return filepath.Join(dataDir, "tokens.json") }

// tokenFlags are the flags that the token commands share.
type tokenFlags struct {
	dataDir string
	print   cli.Printer
}

func newTokenCommand() *cobra.Command {
	var f tokenFlags
	cmd := cli.Group("token", "Make and revoke tokens for the API")
	cmd.Long = `Make and revoke tokens for the API, each for a project and a role. A running controller follows at once.

The commands change the file tokens.json in the controller's data directory, so they are typed on the controller's machine.
The file holds no secrets, only their hashes: a token is shown once, when it is made. The token in the file "token", made
at the controller's first start, is an administrator's and is not listed; to change it, delete that file and start the
controller again.`
	fl := cmd.PersistentFlags()
	fl.StringVar(&f.dataDir, "data-dir", defaultDataDir, "the controller's data `DIRECTORY`")
	f.print.Flags(cmd)
	cmd.AddCommand(newTokenCreate(&f), newTokenList(&f), newTokenRevoke(&f))
	return cmd
}

func newTokenCreate(f *tokenFlags) *cobra.Command {
	var project, role, description, expires string
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make a token and show it, this once",
		Long: `Make a token and show it, this once.

A member makes and changes what its project owns, and sees shared and external networks too; a reader only looks; an admin
does everything in every project, and what it makes belongs to the token's project unless it says another. With -o value the
secret alone is shown.`,
		Example: "  weft token create --project blue --description ci --expires 720h\n  weft token create --role admin",
		Args:    cli.Want(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			until, err := expiry(expires, time.Now())
			if err != nil {
				return err
			}
			t, secret, err := auth.NewToken(project, role, description, time.Now(), until)
			if err != nil {
				return fmt.Errorf("make token: %w", err)
			}
			if err := f.edit(func(have []auth.Token) ([]auth.Token, error) { return append(have, t), nil }); err != nil {
				return err
			}
			return f.showNew(cmd.OutOrStdout(), t, secret)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&project, "project", "", "`PROJECT` whose things it opens; an admin needs none")
	fl.StringVar(&role, "role", auth.RoleMember, "`ROLE`: admin, member or reader")
	fl.StringVar(&description, "description", "", "`TEXT`: what it is for")
	fl.StringVar(&expires, "expires", "", "`WHEN` it ends: after a time like 720h, or on a day like 2027-01-31 (UTC); left out: never")
	return cmd
}

// expiry reads a time to live, a day or an instant.
func expiry(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	var until time.Time
	if d, err := time.ParseDuration(s); err == nil {
		until = now.Add(d)
	} else if day, err := time.Parse(time.DateOnly, s); err == nil {
		until = day
	} else if until, err = time.Parse(time.RFC3339, s); err != nil {
		return until, fmt.Errorf("--expires %s: want a time such as 720h or a day such as 2027-01-31", s)
	}
	if !until.After(now) {
		return until, fmt.Errorf("--expires %s: that is over", s)
	}
	return until.UTC().Truncate(time.Second), nil
}

// check says whether there is a controller to speak of, and whether its tokens can be shown as was asked for.
func (f *tokenFlags) check() error {
	if info, err := os.Stat(f.dataDir); err != nil || !info.IsDir() {
		return fmt.Errorf("there is no directory %s: start a controller on this machine first, or say with --data-dir where its data is", f.dataDir)
	}
	return f.print.Check()
}

// edit changes the tokens of a controller that is there.
func (f *tokenFlags) edit(change func([]auth.Token) ([]auth.Token, error)) error {
	if err := f.check(); err != nil {
		return err
	}
	return auth.EditTokens(tokensIn(f.dataDir), change)
}

func (f *tokenFlags) showNew(w io.Writer, t auth.Token, secret string) error {
	if f.print.ValueAlone() {
		_, err := fmt.Fprintln(w, secret)
		return err
	}
	o := show(t)
	o["token"] = secret
	if err := f.print.One(w, o); err != nil || !f.print.ForPeople() {
		return err
	}
	_, err := fmt.Fprintln(w, "\nThe token is shown this once. Use it as WEFT_TOKEN or OS_TOKEN, or in the header X-Auth-Token.")
	return err
}

func newTokenList(f *tokenFlags) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the tokens", Args: cli.Want(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			tokens, err := auth.ReadTokens(tokensIn(f.dataDir))
			if err != nil {
				return err
			}
			out := make([]client.Object, len(tokens))
			for i, t := range tokens {
				out[i] = show(t)
			}
			return f.print.List(cmd.OutOrStdout(), tokenColumns, out)
		},
	}
}

var tokenColumns = [][2]string{{"ID", "id"}, {"Project", "project"}, {"Role", "role"}, {"Created", "created"}, {"Expires", "expires"},
	{"Expired", "expired"}, {"Description", "description"}}

// show gives what people see of a token.
func show(t auth.Token) client.Object {
	return client.Object{
		"id": t.ID, "project": t.Project, "role": t.Role, "description": t.Description, "created": when(t.Created),
		"expires": when(t.Expires), "expired": t.Expired(time.Now()),
	}
}

func when(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}

func newTokenRevoke(f *tokenFlags) *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID...", Short: "Make tokens invalid, at once and for ever", Args: cli.Want("ID", "ID..."),
		RunE: func(_ *cobra.Command, ids []string) error {
			return f.edit(func(have []auth.Token) ([]auth.Token, error) {
				var missing []error
				for _, id := range ids {
					if !slices.ContainsFunc(have, func(t auth.Token) bool { return t.ID == id }) {
						missing = append(missing, fmt.Errorf("no token has the id %q; see \"weft token list\"", id))
					}
				}
				left := slices.DeleteFunc(slices.Clone(have), func(t auth.Token) bool { return slices.Contains(ids, t.ID) })
				return left, errors.Join(missing...)
			})
		},
	}
}
