package page

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestThePageOfANewcomerIsReadAsItIsMeant(t *testing.T) {
	const text = `# A page

Words about ` + "`weft port list`" + `.

    weft port show vm1   # says "ACTIVE" and "host1" soon
    weft trunk create --parent-port vm1 \
        --subport port=a t
    host1 ─── a picture

` + "```" + `
$ weft flows host1 # fails: "no such host"
weft is in what it printed
` + "```" + `
<!-- not typed: on another machine -->

    weft agent --name host1

    weft controller

Typed again:

    eval "$(weft lab env)"
    weft host show …
`
	want := []Command{
		{Page: "p", Line: 5, Text: "weft port show vm1", Says: []string{"ACTIVE", "host1"}, Typed: true},
		{Page: "p", Line: 6, Text: "weft trunk create --parent-port vm1 --subport port=a t", Typed: true},
		{Page: "p", Line: 11, Text: "weft flows host1", Says: []string{"no such host"}, Fails: true, Typed: true},
		{Page: "p", Line: 16, Text: "weft agent --name host1"},
		{Page: "p", Line: 18, Text: "weft controller"},
		{Page: "p", Line: 22, Text: `eval "$(weft lab env)"`, Typed: true},
		{Page: "p", Line: 23, Text: "weft host show …"},
	}
	if diff := cmp.Diff(want, Parse("p", text)); diff != "" {
		t.Errorf("commands (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]Command{{Page: "p", Line: 3, Text: "weft port list"}}, Mentioned("p", text)); diff != "" {
		t.Errorf("mentioned (-want +got):\n%s", diff)
	}
}
