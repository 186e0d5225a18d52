package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
	wrong "github.com/santhosh-tekuri/jsonschema/v6/kind"

	"weft/api"
	"weft/controller/rest/backend"
	"weft/controller/rest/noun"
	"weft/controller/rest/request"
	"weft/controller/rest/wire"
)

// contract is what /openapi.json says, taken at its word: an answer may have what is declared and nothing else.
type contract struct {
	mu       sync.Mutex
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema // by their place in the document
	doc      any
	shown    map[string]noun.Description // by path
}

// theContract is the same for all worlds: it follows from declarations alone. All answers that tests get are held against it.
var theContract = sync.OnceValues(func() (*contract, error) {
	s := newServer(Config{Keeper: noKeeper{}}.withDefaults())
	raw, err := json.Marshal(s.openAPI())
	if err != nil {
		return nil, err
	}
	c := &contract{compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}, shown: map[string]noun.Description{}}
	if c.doc, err = jsonschema.UnmarshalJSON(bytes.NewReader(raw)); err != nil {
		return nil, err
	}
	closeObjects(c.doc)
	for _, res := range s.declared() {
		c.shown[res.Describe().Path] = res.Describe()
	}
	c.compiler.DefaultDraft(jsonschema.Draft2020)
	c.compiler.AssertFormat()
	for _, f := range formats() {
		c.compiler.RegisterFormat(f)
	}
	return c, c.compiler.AddResource("openapi.json", c.doc)
})

type noKeeper struct{ backend.Keeper }

// formats are the words for strings that JSON schema does not know by itself.
func formats() []*jsonschema.Format {
	of := func(name string, ok func(string) bool) *jsonschema.Format {
		return &jsonschema.Format{Name: name, Validate: func(v any) error {
			if s, isText := v.(string); isText && !ok(s) {
				return fmt.Errorf("%q is no %s", s, name)
			}
			return nil
		}}
	}
	ip := func(s string) bool { _, err := netip.ParseAddr(s); return err == nil }
	cidr := func(s string) bool { _, err := netip.ParsePrefix(s); return err == nil }
	return []*jsonschema.Format{
		of("ip", ip), of("cidr", cidr), of("ip or cidr", func(s string) bool { return ip(s) || cidr(s) }),
		of("mac", func(s string) bool { _, err := api.ParseMAC(s); return err == nil }),
		of("uuid", wire.IsUUID),
	}
}

// closeObjects has every object whose members are declared refuse others.
func closeObjects(v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			closeObjects(e)
		}
	case map[string]any:
		_, isSchema := v["type"]
		_, hasMembers := v["properties"].(map[string]any)
		if _, said := v["additionalProperties"]; isSchema && hasMembers && !said {
			v["additionalProperties"] = false
		}
		for _, e := range v {
			closeObjects(e)
		}
	}
}

// at walks the document.
func (c *contract) at(path ...string) (any, bool) {
	v := c.doc
	for _, p := range path {
		m, _ := v.(map[string]any)
		var ok bool
		if v, ok = m[p]; !ok {
			return nil, false
		}
	}
	return v, true
}

// check holds JSON against the schema at a place in the document.
func (c *contract) check(body []byte, path ...string) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	pointer := "openapi.json#"
	for _, p := range path {
		pointer += "/" + inPointer.Replace(p)
	}
	s, err := c.schema(pointer)
	if err != nil {
		return err
	}
	return s.Validate(value)
}

// inPointer spells a name as a JSON pointer in an address has it.
var inPointer = strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")

func (c *contract) schema(pointer string) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.schemas[pointer]; s != nil {
		return s, nil
	}
	s, err := c.compiler.Compile(pointer)
	c.schemas[pointer] = s
	return s, err
}

// answer says how an answer departs from what is declared of it.
func (c *contract) answer(rt request.Route, r *http.Request, status int, header http.Header, body []byte) error {
	at := []string{"paths", rt.Name, strings.ToLower(r.Method), "responses"}
	code := fmt.Sprint(status)
	if _, said := c.at(append(at, code)...); !said {
		code = "default"
		if status < 300 {
			return fmt.Errorf("status %d is not declared", status)
		}
	}
	if _, said := c.at(at...); !said { // a method or path that is not there: nothing is said but how errors look
		look := "error"
		if status == http.StatusUnauthorized {
			look = "unauthorized"
		}
		return c.check(body, "components", "schemas", look)
	}
	at = append(at, code, "content")
	media, said := c.at(at...)
	switch {
	case !said && len(body) > 0:
		return fmt.Errorf("a body is not declared for status %d", status)
	case !said:
		return nil
	}
	have, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	if _, said := media.(map[string]any)[have]; !said {
		return fmt.Errorf("the content type %q is not declared for status %d", have, status)
	}
	if have != "application/json" {
		return nil
	}
	if err := c.check(body, append(at, have, "schema")...); err != nil || status > 299 || r.URL.Query().Has("fields") {
		return err
	}
	return c.whole(strings.TrimSuffix(rt.Name, "/{id}"), body)
}

// whole says what an answer about objects leaves out of them.
func (c *contract) whole(path string, body []byte) error {
	d, known := c.shown[path]
	if !known {
		return nil
	}
	var answer map[string]json.RawMessage
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	var objects []map[string]any
	if one := answer[d.Singular]; one != nil {
		objects = make([]map[string]any, 1)
		if err := json.Unmarshal(one, &objects[0]); err != nil {
			return err
		}
	} else if err := json.Unmarshal(answer[d.Plural], &objects); err != nil {
		return err
	}
	for _, o := range objects {
		for _, a := range d.Attributes {
			if _, there := o[a.Name]; a.Shown && !a.OnDemand && !a.Internal && !there {
				return fmt.Errorf("%s lacks %s", d.Singular, a.Name)
			}
		}
	}
	return nil
}

// request says how a request that was served departs from what is declared. Numbers and truth values as text, and
// addresses in other spellings, are taken as Neutron does, although the document need not advise it.
func (c *contract) request(rt request.Route, r *http.Request, body []byte) error {
	at := []string{"paths", rt.Name, strings.ToLower(r.Method), "requestBody", "content", "application/json", "schema"}
	s, said := c.at(at...)
	if !said || r.Header.Get("Content-Encoding") != "" {
		return nil
	}
	if _, either := s.(map[string]any)["oneOf"]; either { // errors of the one that was meant tell more
		which := "0"
		var members map[string]json.RawMessage
		if err := json.Unmarshal(body, &members); err != nil {
			return err
		}
		if _, bulk := members[c.shown[rt.Name].Plural]; bulk {
			which = "1"
		}
		at = append(at, "oneOf", which)
	}
	err := c.check(body, at...)
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return err
	}
	var left []error
	for _, e := range leaves(invalid) {
		if !spelled(e) {
			left = append(left, e)
		}
	}
	return errors.Join(left...)
}

func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var out []*jsonschema.ValidationError
	for _, c := range e.Causes {
		out = append(out, leaves(c)...)
	}
	return out
}

// spelled reports whether a value is only in another spelling than declared.
func spelled(e *jsonschema.ValidationError) bool {
	if slices.Contains(e.InstanceLocation, "external_gateway_info") { // {} and {"network_id": null} are null, as clients had it once
		return true
	}
	switch k := e.ErrorKind.(type) {
	case *wrong.Format:
		return true
	case *wrong.Type:
		as := func(t string) bool { return slices.Contains(k.Want, t) }
		switch k.Got {
		case "string":
			return as("boolean") || as("integer") || as("null") // "None"
		case "number":
			return as("boolean") || as("string")
		}
		return k.Got == "null" // as if nothing were said
	case *wrong.AdditionalProperties:
		return len(k.Properties) == 1 && k.Properties[0] == "tenant_id"
	}
	return false
}

// held sends a request and holds request and answer against the document.
func (w *world) held(rec *httptest.ResponseRecorder, r *http.Request) {
	w.t.Helper()
	c, err := theContract()
	if err != nil {
		w.t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	w.handler.ServeHTTP(rec, r)
	s, isServer := w.handler.(*server)
	if !isServer || r.Method == http.MethodHead {
		return
	}
	rt, _, _ := s.route(r.URL)
	if err := c.answer(rt, r, rec.Code, rec.Header(), rec.Body.Bytes()); err != nil {
		w.t.Errorf("%s %s: %d is not as the document says: %v\n%.2000s", r.Method, r.URL, rec.Code, err, rec.Body)
	}
	if rec.Code > 299 || len(body) == 0 {
		return
	}
	if err := c.request(rt, r, body); err != nil {
		w.t.Errorf("%s %s was served, and is not as the document says: %v\n%.2000s", r.Method, r.URL, err, body)
	}
}

// The document is one of OpenAPI 3.1 by the rules of a reader of such documents, defaults included.
func TestTheOpenAPIDocumentIsValid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doc, err := openapi3.NewLoader().LoadFromData([]byte(w.do("GET", "/openapi.json", nil).text))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if !doc.IsOpenAPI31OrLater() {
		t.Errorf("it is of version %s", doc.OpenAPI)
	}
}

func TestOpenAPISaysWhatEveryMethodTakesAndGives(t *testing.T) {
	s := newWorld(t).handler.(*server)
	apart, declared := s.exchanges(), map[string]bool{}
	for _, res := range s.declared() {
		declared[res.Describe().Path], declared[res.Describe().Path+"/{id}"] = true, true
	}
	for _, rt := range s.routes {
		for m := range rt.Methods {
			name := m + " " + rt.Name
			if _, said := apart[name]; !said && !declared[rt.Name] {
				t.Errorf("nothing is said of %s: add it to exchanges.go", name)
			}
			delete(apart, name)
		}
	}
	for name := range apart {
		t.Errorf("%s is described, and not served", name)
	}
}
