package apply

import (
	"fmt"
	"slices"
)

// mirror makes of entries that are the image of another entry's attribute that attribute: an RBAC policy for everybody says
// that a network is shared, and there is one truth about that. What they are the image of may also be in no file: then
// they stay, and are compared with weft's own objects.
func (p *planner) mirror() {
	p.doc.entries = slices.DeleteFunc(slices.Clone(p.doc.entries), func(e *entry) bool {
		m := e.kind.Mirrors
		if m == nil || !e.kind.Own.Finds(e.given) {
			return false
		}
		ref, _ := e.given[m.Object].(*reference)
		attr := m.Attributes[text(e.given[m.By])]
		if ref == nil || attr == "" {
			return false
		}
		found := p.byName[ref.kind.Singular][ref.text]
		if len(found) != 1 {
			return false
		}
		p.reflect(e, found[0], attr)
		return true
	})
}

// reflect has an entry's attribute say what its image says.
func (p *planner) reflect(image, e *entry, attr string) {
	if v, given := e.given[attr]; given && v != true {
		p.fault(image.at, fmt.Errorf("%s: %s says %q of the same %s; one of the two has to go", words(image.kind.Singular), e.place(attr),
			fmt.Sprintf("%s: %v", attr, v), words(e.kind.Singular)))
		return
	}
	e.given[attr], e.lines[attr] = true, image.at
}
