package apply

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"weft/client"
)

var scopeName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// scopeTag marks objects that apply has made. A tag with the prefix is in no file.
const scopeTag = "weft:apply="

// object is one that is there.
type object struct {
	client.Object
	id     string
	parent string // of a nested one
	taken  bool   // by an entry of the files
}

// name is what people call it.
func (o *object) name() string { return o.Text("name") }

// asked gives what was asked for as the value of an attribute.
func (o *object) asked(a client.Attribute) any { return o.Object[cmp.Or(a.Asked, a.Name)] }

// tags are the object's, without or with those that are ours.
func (o *object) tags(ours bool) []string {
	out := []string{}
	list, _ := o.Object["tags"].([]any)
	for _, t := range list {
		s, _ := t.(string)
		if strings.HasPrefix(s, scopeTag) == ours {
			out = append(out, s)
		}
	}
	return out
}

// live is what is there, read from the API when it is asked for.
type live struct {
	c     *client.Client
	kinds kinds
	lists map[string][]*object
	own   map[string][]*object            // weft's own, which no list has
	named map[string]map[string][]*object // kind → what it is called → objects
	byID  map[string]map[string]*object
}

func newLive(c *client.Client, ks kinds) *live {
	return &live{c: c, kinds: ks, lists: map[string][]*object{}, own: map[string][]*object{}, named: map[string]map[string][]*object{},
		byID: map[string]map[string]*object{}}
}

// all gives the objects of a kind that people have made, in the order in which they were made.
func (l *live) all(ctx context.Context, k client.Kind) ([]*object, error) {
	if list, ok := l.lists[k.Singular]; ok {
		return list, nil
	}
	list, err := l.read(ctx, k)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(o *object) bool {
		if k.Own.Finds(o.Object) {
			l.own[k.Singular] = append(l.own[k.Singular], o)
		}
		return k.Own.Finds(o.Object)
	})
	slices.SortStableFunc(list, func(a, b *object) int {
		return cmp.Or(cmp.Compare(a.Text("created_at"), b.Text("created_at")), cmp.Compare(a.id, b.id))
	})
	l.keep(k, list)
	return list, nil
}

func (l *live) keep(k client.Kind, list []*object) {
	named, byID := map[string][]*object{}, map[string]*object{}
	called := k.Resource().CalledBy()
	for _, o := range list {
		byID[o.id] = o
		for _, attr := range slices.Compact([]string{"name", called}) {
			if s := o.Text(attr); s != "" {
				named[s] = append(named[s], o)
			}
		}
	}
	l.lists[k.Singular], l.named[k.Singular], l.byID[k.Singular] = list, named, byID
}

func (l *live) read(ctx context.Context, k client.Kind) ([]*object, error) {
	if k.Parent == "" {
		return l.below(ctx, k.Resource(), "")
	}
	parent, ok := client.KindOf(l.kinds, k.Parent)
	if !ok {
		return nil, fmt.Errorf("list %s: there is no %s", k.Plural, k.Parent)
	}
	parents, err := l.all(ctx, parent)
	if err != nil {
		return nil, err
	}
	var out []*object
	for _, p := range parents {
		if shown, ok := p.Object[k.Plural]; ok && empty(shown) {
			continue // the parent itself says that there are none
		}
		list, err := l.below(ctx, k.Resource().Under(p.id), p.id)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

func (l *live) below(ctx context.Context, r client.Resource, parent string) ([]*object, error) {
	list, err := l.c.List(ctx, r, nil)
	if err != nil {
		return nil, err
	}
	out := make([]*object, len(list))
	for i, o := range list {
		out[i] = &object{Object: o, id: r.IDOf(o), parent: parent}
	}
	return out, nil
}

// resolve finds what a reference that leads out of the files stands for.
func (l *live) resolve(ctx context.Context, ref *reference) error {
	if _, err := l.all(ctx, ref.kind); err != nil {
		return err
	}
	found := l.named[ref.kind.Singular][ref.text]
	if o, ok := l.byID[ref.kind.Singular][ref.text]; ok {
		found = []*object{o}
	}
	word := words(ref.kind.Singular)
	switch len(found) {
	case 1:
		ref.id = found[0].id
		return nil
	case 0:
		return &Problem{ref.at, fmt.Errorf("no %s has the name or id %q, neither in the files nor in the cloud", word, ref.text)}
	}
	return &Problem{ref.at, fmt.Errorf("%d objects of the kind %s have the name %q; use one of their ids: %s", len(found), word, ref.text, ids(found))}
}

func ids(list []*object) string {
	var out []string
	for _, o := range list {
		out = append(out, o.id)
	}
	return strings.Join(out, ", ")
}
