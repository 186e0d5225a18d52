package cli

import (
	"io"

	"github.com/spf13/cobra"

	"weft/client"
)

// Printer prints objects for commands that are made elsewhere, as all commands of this package print theirs. The zero value
// is ready.
type Printer struct{ a app }

// Flags gives a command, and those below it, -o and -c.
func (p *Printer) Flags(c *cobra.Command) { p.a.prints(c) }

// Check says whether the flags make sense; a command asks before it does anything.
func (p *Printer) Check() error { return p.a.checkOutput() }

// ValueAlone reports whether bare values were asked for, and not which.
func (p *Printer) ValueAlone() bool { return p.a.output == formatValue && len(p.a.columns) == 0 }

// ForPeople reports whether the output is for people's eyes.
func (p *Printer) ForPeople() bool { return p.a.forPeople() }

// One shows an object: an attribute a line.
func (p *Printer) One(w io.Writer, o client.Object) error { return p.a.printOne(w, o) }

// List shows objects, one a line. columns are pairs: a title, and the attribute below it.
func (p *Printer) List(w io.Writer, columns [][2]string, objects []client.Object) error {
	var all []column
	for _, c := range columns {
		all = append(all, column{title: c[0], attr: c[1]})
	}
	return p.a.printList(w, all, objects)
}
