package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// addObjects adds the commands of all resources: those of a nested one below its parent's, and each also where the
// openstack client has it.
func (a *app) addObjects(root *cobra.Command) {
	all := a.resources()
	for _, r := range all {
		if r.parent == nil {
			root.AddCommand(a.remote(groupObjects, a.resourceCommand(r)))
		}
	}
	for _, r := range all {
		if r.parent != nil {
			at := slices.IndexFunc(all, func(p resource) bool { return p.Singular == r.parent.Singular })
			a.addNested(child(root, all[at].word()), r)
		}
	}
	for _, r := range all {
		if r.spoken != "" {
			a.addSpoken(root, r)
		}
	}
}

// addNested adds a resource's command below its parent's, with a group for each word before the last.
func (a *app) addNested(parent *cobra.Command, r resource) {
	words := strings.Fields(r.word())
	for _, word := range words[:len(words)-1] {
		next := group(word, upperFirst(plural(r.noun)))
		parent.AddCommand(next)
		parent = next
	}
	parent.AddCommand(a.resourceCommand(r))
}

// addSpoken adds the same commands under the words of the openstack client: "floating ip create". They are not in the
// help.
func (a *app) addSpoken(root *cobra.Command, r resource) {
	at := root
	for _, word := range strings.Fields(r.spoken) {
		next := child(at, word)
		if next == nil {
			next = group(word, "The same as \""+r.typed()+"\"")
			next.Hidden = true
			if at == root {
				next = a.remote("", next)
			}
			at.AddCommand(next)
		}
		at = next
	}
	a.addVerbs(at, r)
}

// typed is how a person starts the resource's commands.
func (r resource) typed() string {
	words := []string{"weft", r.word()}
	if r.parent != nil {
		words = slices.Insert(words, 1, r.parent.Singular)
	}
	return strings.Join(words, " ")
}

func child(c *cobra.Command, name string) *cobra.Command {
	i := slices.IndexFunc(c.Commands(), func(sub *cobra.Command) bool { return sub.Name() == name })
	if i < 0 {
		return nil
	}
	return c.Commands()[i]
}
