package apply

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"weft/client"
)

// Source is one file to read.
type Source struct {
	Name string
	Data []byte
}

// Position is a place in a file.
type Position struct {
	File   string
	Line   int
	Column int // 0: not known
}

// String gives "file:line:column".
func (p Position) String() string {
	if p.Column == 0 {
		return p.line()
	}
	return fmt.Sprintf("%s:%d", p.line(), p.Column)
}

func (p Position) line() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// Problem is what is wrong at a place; without a file, in the cloud.
type Problem struct {
	At  Position
	Err error
}

// Error implements error.
func (p *Problem) Error() string {
	if p.At.File == "" {
		return p.Err.Error()
	}
	return fmt.Sprintf("%s: %v", p.At, p.Err)
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Err }

// Document is what files say that a cloud should be.
type Document struct {
	// Scope names those who apply the files; see Options.Scope. "" if no file says it.
	Scope   string
	kinds   kinds
	entries []*entry
}

// Len is how many objects the document has.
func (d *Document) Len() int { return len(d.entries) }

// entry is one object of a document.
type entry struct {
	kind   client.Kind
	at     Position
	given  map[string]any // by attribute; what refers to an object is a *reference
	lines  map[string]Position
	handle string // by which the files' objects refer to it, if its name does not do
	id     string
	parent *reference
	have   *object // that is there; nil: it is to be made
}

// reference is the name of another object, and what it stands for once that is known.
type reference struct {
	kind client.Kind
	text string
	at   Position
	to   *entry // in the same files
	leg  *leg   // a router's leg, which has no name
	id   string
}

// reader collects what is wrong instead of stopping at the first fault.
type reader struct {
	doc      *Document
	file     string
	problems []error
	nodes    int
}

// maxNodes bounds what aliases in a file can grow to, and maxDepth how deep it goes.
const (
	maxNodes = 20_000_000
	maxDepth = 32
)

// Read reads files against the API's declarations. The error joins a *Problem for each fault.
func Read(all []client.Kind, sources ...Source) (*Document, error) {
	r := &reader{doc: &Document{kinds: managed(all)}}
	for _, s := range sources {
		r.file = s.Name
		d := yaml.NewDecoder(bytes.NewReader(s.Data))
		for {
			var n yaml.Node
			err := d.Decode(&n)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				r.problems = append(r.problems, unreadable(s.Name, err))
				break
			}
			r.page(&n)
		}
	}
	return r.doc, errors.Join(r.problems...)
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// unreadable puts the place before what is no YAML.
func unreadable(file string, err error) error {
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	line, _ := strconv.Atoi(m[1]) // digits
	return &Problem{Position{File: file, Line: line}, errors.New("this is no YAML: " + strings.TrimPrefix(err.Error(), m[0]))}
}

func (r *reader) fault(n *yaml.Node, format string, args ...any) {
	r.problems = append(r.problems, &Problem{r.at(n), fmt.Errorf(format, args...)})
}

func (r *reader) at(n *yaml.Node) Position { return Position{r.file, n.Line, n.Column} }

// page reads one YAML document: a mapping from the resources' plurals to lists of objects.
func (r *reader) page(n *yaml.Node) {
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		n = n.Content[0]
	}
	if isNull(n) {
		return
	}
	for _, p := range r.pairs(n, "a file") {
		if p.key == "scope" {
			r.scope(p.value)
			continue
		}
		k, ok := r.doc.kinds.find(p.key)
		if !ok {
			r.fault(p.at, "there is no resource %q; there are scope and %s", p.key, r.doc.kinds.names())
			continue
		}
		for _, item := range r.items(p.value, p.key) {
			r.entry(k, item)
		}
	}
}

func (ks kinds) names() string {
	var out []string
	for _, k := range ks {
		out = append(out, k.Plural)
	}
	return strings.Join(out, ", ")
}

func (r *reader) scope(n *yaml.Node) {
	n = resolved(n)
	switch {
	case n.Kind != yaml.ScalarNode || n.Value == "" || !scopeName.MatchString(n.Value):
		r.fault(n, "scope: want a word of letters, digits, dots, dashes and underscores")
	case r.doc.Scope != "" && r.doc.Scope != n.Value:
		r.fault(n, "scope %s: another file says %s; files of different scopes are applied one by one", n.Value, r.doc.Scope)
	}
	r.doc.Scope = cmp.Or(r.doc.Scope, n.Value)
}

// pair is one key of a mapping with its value.
type pair struct {
	key       string
	at, value *yaml.Node
}

// pairs reads a mapping. No key may be there twice.
func (r *reader) pairs(n *yaml.Node, what string) []pair {
	n = resolved(n)
	if n.Kind != yaml.MappingNode {
		r.fault(n, "%s: want \"key: value\" lines, not %s", what, written(n))
		return nil
	}
	var out []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := resolved(n.Content[i])
		if slices.ContainsFunc(out, func(p pair) bool { return p.key == key.Value }) {
			r.fault(key, "%s: %q is there twice", what, key.Value)
			continue
		}
		out = append(out, pair{key.Value, key, n.Content[i+1]})
	}
	return out
}

func (r *reader) items(n *yaml.Node, what string) []*yaml.Node {
	n = resolved(n)
	if isNull(n) {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		r.fault(n, "%s: want a list (lines that begin with \"- \"), not %s", what, written(n))
		return nil
	}
	return n.Content
}

// entry reads one object.
func (r *reader) entry(k client.Kind, n *yaml.Node) {
	e := &entry{kind: k, at: r.at(n), given: map[string]any{}, lines: map[string]Position{}}
	all := members(k)
	for _, p := range r.pairs(n, words(k.Singular)) {
		m, ok := memberOf(p.key, all)
		_, twice := e.lines[m.Name]
		switch {
		case ok && twice:
			r.fault(p.at, "%s: %q is there under two names", words(k.Singular), m.Name)
		case ok:
			e.given[m.Name], e.lines[m.Name] = r.value(p.key, m.Schema, p.value, 0), r.at(p.at)
		case p.key == "handle" || p.key == "id":
			r.word(e, p)
		case k.Key == p.key:
			e.given[p.key] = r.value(p.key, client.Schema{Type: "string"}, p.value, 0)
		default:
			r.fault(p.at, "%s: there is no %q; there are %s", words(k.Singular), p.key, labels(all))
		}
	}
	if k.Parent != "" {
		e.parent, _ = e.given[parentKey(k)].(*reference)
		delete(e.given, parentKey(k))
		if e.parent == nil {
			r.fault(n, "%s: say with %q what it belongs to", words(k.Singular), parentKey(k))
		}
	}
	r.named(e, all)
	r.doc.entries = append(r.doc.entries, e)
}

// named makes references of what names an object of a resource that the entry itself names.
func (r *reader) named(e *entry, all []client.Member) {
	for _, m := range all {
		written, ok := e.given[m.Name].(string)
		if m.RefBy == "" || !ok {
			continue
		}
		if k, ok := client.KindOf(r.doc.kinds, text(e.given[m.RefBy])); ok {
			e.given[m.Name] = &reference{kind: k, text: written, at: e.lines[m.Name]}
			continue
		}
		r.problems = append(r.problems, &Problem{e.place(m.Name), fmt.Errorf("%s: %q does not name the resource that %s is of",
			words(e.kind.Singular), m.RefBy, label(m, all))})
	}
}

func (r *reader) word(e *entry, p pair) {
	n := resolved(p.value)
	if n.Kind != yaml.ScalarNode || n.Value == "" {
		r.fault(p.at, "%s: want a word", p.key)
		return
	}
	if p.key == "id" {
		e.id = n.Value
	} else {
		e.handle = n.Value
	}
}

func labels(all []client.Member) string {
	var out []string
	for _, m := range all {
		out = append(out, label(m, all))
	}
	return strings.Join(out, ", ")
}

func words(name string) string { return strings.NewReplacer("_", " ", "-", " ").Replace(name) }
