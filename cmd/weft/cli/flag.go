package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// given is the value of a flag that an option declares: all that was given for it, in order.
type given struct {
	word   string // for the value in help
	many   bool
	values []string
}

// String implements pflag.Value. A flag has no default, so it starts empty.
func (g *given) String() string { return strings.Join(g.values, " ") }

// Type implements pflag.Value.
func (g *given) Type() string { return g.word }

// Set implements pflag.Value. Of a flag that may be given once, the last one counts.
func (g *given) Set(v string) error {
	if !g.many {
		g.values = nil
	}
	g.values = append(g.values, v)
	return nil
}

// declare makes the flags of the options of a stage.
func (a *app) declare(c *cobra.Command, options []option, s stage) {
	groups := map[string][]string{}
	for _, o := range options {
		if o.on&s == 0 {
			continue
		}
		switch {
		case o.value == "":
			c.Flags().Bool(o.flag, false, o.help)
		case o.repeat:
			c.Flags().Var(&given{word: o.value, many: true}, o.flag, o.help+"; may be repeated")
		default:
			c.Flags().Var(&given{word: o.value}, o.flag, o.help)
		}
		if o.required && s == onCreate {
			_ = c.MarkFlagRequired(o.flag) // the flag is there
		}
		if o.group != "" {
			groups[o.group] = append(groups[o.group], o.flag)
		}
		a.completeOption(c, o)
	}
	for _, flags := range groups {
		c.MarkFlagsMutuallyExclusive(flags...)
	}
}

// apply lets the options that were given, in the order of their declaration, make the request.
func (e *edit) apply(flags *pflag.FlagSet, options []option, s stage) error {
	for _, o := range options {
		if o.on&s == 0 || !flags.Changed(o.flag) {
			continue
		}
		var values []string
		if g, ok := flags.Lookup(o.flag).Value.(*given); ok {
			values = g.values
		} else if on, _ := flags.GetBool(o.flag); !on { // the only other type that declare makes
			return usagef("--%s=false: leave it out, or give its opposite", o.flag)
		}
		if err := o.apply(e, values); err != nil {
			return err
		}
	}
	return nil
}

// Want checks a command's arguments against their names. "X..." at the end stands for any number more.
func Want(names ...string) cobra.PositionalArgs {
	least, most := len(names), len(names)
	if n := len(names); n > 0 && strings.HasSuffix(names[n-1], "...") {
		least, most = n-1, int(^uint(0)>>1)
	}
	return count(least, most, names)
}

// WantSome is Want where only the first ones are needed.
func WantSome(least int, names ...string) cobra.PositionalArgs {
	return count(least, len(names), names)
}

func count(least, most int, names []string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usagef("%s is missing", strings.Join(names[len(args):least], " and "))
		case len(args) > most:
			return usagef("%s is too much: want %s", fmt.Sprintf("%q", args[most]), wanted(names))
		}
		return nil
	}
}

func wanted(names []string) string {
	if len(names) == 0 {
		return "no argument"
	}
	return strings.Join(names, " ")
}
