package intent

import (
	"crypto/sha256"
	"reflect"
	"regexp"
	"time"
	"unicode/utf8"

	"weft/api"
)

// maxText is Neutron's limit of names and descriptions, in characters.
const maxText = 255

func (o *Ops) now() time.Time { return o.Now().UTC().Round(0) }

func (o *Ops) newMeta(r MetaRequest) (api.Meta, error) {
	now := o.now()
	m := api.Meta{ProjectID: r.ProjectID.Or(""), CreatedAt: now, UpdatedAt: now, RevisionNumber: 1}
	if err := checkText("project_id", m.ProjectID); err != nil {
		return m, err
	}
	if err := setTags(&m, r.Tags.Or(nil)); err != nil {
		return m, err
	}
	return m, applyMeta(&m, r)
}

func applyMeta(m *api.Meta, r MetaRequest) error {
	if r.Name.Set {
		m.Name = r.Name.Or("")
	}
	if r.Description.Set {
		m.Description = r.Description.Or("")
	}
	if err := checkText("name", m.Name); err != nil {
		return err
	}
	return checkText("description", m.Description)
}

func checkText(field, s string) error {
	if n := utf8.RuneCountInString(s); n > maxText {
		return api.Faultf(api.BadRequest, "HTTPBadRequest",
			"Invalid input for %s. Reason: it has %d characters, the maximum is %d.", field, n, maxText)
	}
	if !utf8.ValidString(s) {
		return api.Faultf(api.BadRequest, "HTTPBadRequest", "Invalid input for %s. Reason: it is not valid UTF-8.", field)
	}
	return nil
}

// save stores next in place of prev as a change that was asked for, unless they are equal. m is next's Meta.
func (o *Ops) save(tx *api.Txn, prev, next api.Object, m *api.Meta) {
	if reflect.DeepEqual(prev, next) {
		return
	}
	m.UpdatedAt = o.now()
	m.RevisionNumber++
	o.giveWay(tx, next)
	tx.Put(next)
}

// revise counts a change of an object that is not in the object itself: subnets of a network, legs of a router.
func (o *Ops) revise(tx *api.Txn, ref api.Ref) {
	object, ok := tx.Object(ref)
	if !ok {
		return
	}
	next, meta := withMeta(object)
	meta.UpdatedAt = o.now()
	meta.RevisionNumber++
	tx.Put(next)
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

func checkName(field, s string) error {
	if !plainName.MatchString(s) {
		return invalid("%s %q must be 1 to 63 letters, digits, dots, hyphens or underscores, and begin with a letter or digit", field, s)
	}
	return nil
}

// derivedMAC gives the n-th MAC under a prefix that follows from a seed.
func derivedMAC(prefix [3]byte, seed string, n int) api.MAC {
	h := sha256.Sum256([]byte{byte(n >> 8), byte(n)})
	h = sha256.Sum256(append([]byte(seed), h[:]...))
	return api.MAC{prefix[0], prefix[1], prefix[2], h[0], h[1], h[2]}
}

// maxMACTries bounds the search for a free MAC: with 2^24 of them, even a network of a million ports fails never.
const maxMACTries = 4096
