package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"weft/client"
)

// watchFlag adds --watch to a command that shows objects.
func watchFlag(c *cobra.Command) *bool {
	return c.Flags().BoolP("watch", "w", false,
		"go on, and show every change until Ctrl-C: in place at a terminal, else in lines that begin with + (new), ~ (changed) or - (gone)")
}

// shown is what a watched command shows: read anew again and again, and printed.
type shown struct {
	read  func(context.Context) ([]client.Object, error)
	print func(io.Writer, []client.Object) error
	row   func(client.Object) string // one object in a line
	id    func(client.Object) string
}

// watch prints what there is and then every change, until the context ends. A controller that is away is waited for.
func (a *app) watch(ctx context.Context, c *cobra.Command, s shown) (err error) {
	v := a.viewer(c, s)
	have, err := s.read(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.end()) }()
	if err := v.begin(have); err != nil {
		return err
	}
	tick := time.NewTicker(cmp.Or(a.every, time.Second))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if abandoned(c.OutOrStdout()) {
			return Exit(exitBrokenPipe)
		}
		now, err := s.read(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case isUnreachable(err):
			err = v.lost()
		case err == nil:
			err = v.next(now)
		}
		if err != nil {
			return err
		}
	}
}

// changes writes a line for every object that came, changed or went.
func (a *app) changes(w io.Writer, s shown, have, now []client.Object) error {
	before := map[string]client.Object{}
	for _, o := range have {
		before[s.id(o)] = o
	}
	for _, o := range now {
		old, known := before[s.id(o)]
		delete(before, s.id(o))
		sign := "+"
		if known {
			sign = "~"
		}
		if !known || !a.alike(s, old, o) {
			if err := a.event(w, s, sign, o); err != nil {
				return err
			}
		}
	}
	for _, o := range have {
		if _, gone := before[s.id(o)]; gone {
			if err := a.event(w, s, "-", o); err != nil {
				return err
			}
		}
	}
	return nil
}

// alike reports whether two states of an object show the same.
func (a *app) alike(s shown, x, y client.Object) bool {
	if a.output == formatJSON || a.output == formatYAML {
		return reflect.DeepEqual(x, y)
	}
	return s.row(x) == s.row(y)
}

func (a *app) event(w io.Writer, s shown, sign string, o client.Object) error {
	if a.output != formatJSON && a.output != formatYAML {
		_, err := fmt.Fprintf(w, "%s %s\n", sign, s.row(o))
		return err
	}
	event := map[string]any{"change": sign, "object": o}
	if a.output == formatJSON {
		return encodeJSON(w, event, "")
	}
	raw, err := yamlOf(event)
	if err == nil {
		_, err = fmt.Fprintf(w, "---\n%s", raw)
	}
	return err
}

// rowOfCells shows an object in a line: the cells of its columns.
func (a *app) rowOfCells(columns []column) func(client.Object) string {
	return func(o client.Object) string {
		chosen, err := a.choose(columns, []client.Object{o})
		if err != nil {
			chosen = columns
		}
		var cells []string
		for _, c := range chosen {
			cells = append(cells, cmp.Or(cell(o[c.attr]), "-"))
		}
		return strings.Join(cells, "   ")
	}
}

// rowOfAttributes shows an object in a line: all that is not empty, or what -c asks for.
func (a *app) rowOfAttributes(o client.Object) string {
	var parts []string
	for _, attr := range attributes(o) {
		if v := cell(o[attr]); v != "" && (len(a.columns) == 0 || slices.Contains(a.columns, attr)) {
			parts = append(parts, attr+"="+v)
		}
	}
	return strings.Join(parts, " ")
}

// watchedOne is one object that is watched. When it goes there is nothing to show, and when it comes again it is shown.
func (a *app) watchedOne(cl *client.Client, place client.Resource, id string) shown {
	return shown{
		read: func(ctx context.Context) ([]client.Object, error) {
			o, err := cl.Show(ctx, place, id)
			if client.NotFound(err) {
				return nil, nil
			}
			return []client.Object{o}, err
		},
		print: func(w io.Writer, list []client.Object) error {
			if len(list) == 0 {
				_, err := fmt.Fprintln(w, "It is gone.")
				return err
			}
			return a.printOne(w, list[0])
		},
		row: a.rowOfAttributes, id: func(client.Object) string { return id },
	}
}
