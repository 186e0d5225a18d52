package apply_test

import (
	"strings"
	"testing"

	"weft/client/apply"
)

func TestWhatHasNoNameIsFoundByWhatTellsItFromAllOthersHoweverItIsSpelt(t *testing.T) {
	const file = `
networks: [{name: a}]
ports:
- {network: a, mac_address: "fa:16:3e:00:00:0a"}
- {network: a, mac_address: "fa:16:3e:00:00:0b"}
`
	w := start(t)
	w.apply(file, apply.Options{})
	for _, same := range []string{file, strings.ReplaceAll(strings.ReplaceAll(file, ":0a", ":0A"), ":0b", ":0B")} {
		if p, said := w.plan(same, apply.Options{}); !p.Empty() {
			t.Errorf("there is something to do:\n%s", said)
		}
	}
	if p, said := w.plan(strings.ReplaceAll(file, ":0a", ":0c"), apply.Options{}); p.Count(apply.Create) != 1 || len(p.Changes) != 1 {
		t.Errorf("want one port more:\n%s", said)
	}
}
