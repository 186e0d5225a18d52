package cli

import (
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"weft/client"
)

// The terminal's second screen, which leaves the first one as it was.
const (
	screenOn    = "\x1b[?1049h"
	screenOff   = "\x1b[?1049l"
	screenClear = "\x1b[H\x1b[2J"
)

const awayWords = "weft: the controller does not answer; trying on"

// viewer shows what is watched: at a terminal on a screen of its own, in place; else line by line.
type viewer struct {
	a       *app
	w, errs io.Writer
	s       shown
	live    bool
	have    []client.Object
	away    bool
	begun   bool
}

func (a *app) viewer(c *cobra.Command, s shown) *viewer {
	v := &viewer{a: a, w: c.OutOrStdout(), errs: c.ErrOrStderr(), s: s}
	v.live = isTerminal(v.w) && a.output != formatJSON && a.output != formatYAML
	return v
}

func (v *viewer) begin(have []client.Object) error {
	v.have, v.begun = have, true
	switch {
	case v.live:
		if _, err := io.WriteString(v.w, screenOn); err != nil {
			return err
		}
		return v.redraw()
	case v.a.output == formatJSON || v.a.output == formatYAML:
		return v.a.changes(v.w, v.s, nil, have)
	}
	return v.s.print(v.w, have)
}

func (v *viewer) next(now []client.Object) error {
	same := !v.away && reflect.DeepEqual(v.have, now)
	have := v.have
	v.have, v.away = now, false
	switch {
	case !v.live:
		return v.a.changes(v.w, v.s, have, now)
	case same:
		return nil
	}
	return v.redraw()
}

// lost tells once that the controller is away.
func (v *viewer) lost() error {
	if v.away {
		return nil
	}
	v.away = true
	if v.live {
		return v.redraw()
	}
	_, err := fmt.Fprintln(v.errs, awayWords)
	return err
}

// end gives the terminal back as it was, with the last that was to be seen.
func (v *viewer) end() error {
	if !v.live || !v.begun {
		return nil
	}
	if _, err := io.WriteString(v.w, screenOff); err != nil {
		return err
	}
	return v.s.print(v.w, v.have)
}

// redraw shows all in place of what the terminal shows, as much as it has room for.
func (v *viewer) redraw() error {
	columns, room := size(v.w)
	var b strings.Builder
	if err := v.s.print(&styled{&b, columns}, v.have); err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if v.away {
		room--
	}
	if more := len(lines) - room; room > 1 && more > 0 {
		lines = append(lines[:room-1], fmt.Sprintf("… %d more lines", more+1))
	}
	if v.away {
		lines = append(lines, awayWords)
	}
	_, err := io.WriteString(v.w, screenClear+strings.Join(lines, "\r\n"))
	return err
}

// styled is a writer whose table is drawn as for a terminal of so many columns.
type styled struct {
	io.Writer
	columns int
}
