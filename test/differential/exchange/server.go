package exchange

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Person is somebody who sends requests.
type Person struct {
	Project string
	Roles   string // with commas
}

// Projects of People: they look as Keystone's do.
const (
	Operators = "0123456789abcdef0123456789abcdef"
	ProjectA  = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	ProjectB  = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

// People are those who may appear in stories, by their name.
var People = map[string]Person{
	"admin":   {Operators, "admin,member,reader"},
	"a":       {ProjectA, "member,reader"},
	"a-reads": {ProjectA, "reader"},
	"b":       {ProjectB, "member,reader"},
}

// Server is a server of the Neutron API that believes who a request says it is from.
type Server struct {
	URL string
}

// noRedirects and no waiting for ever.
var client = &http.Client{
	Timeout:       2 * time.Minute,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Tell sends the steps of a story in order, and gives the plain answers.
func (s Server) Tell(ctx context.Context, story Story) ([]Answer, error) {
	names := newNames(s.URL, story)
	out := make([]Answer, 0, len(story.Steps))
	for _, step := range story.Steps {
		raw, err := s.send(ctx, names.fill(step))
		if err != nil {
			return out, fmt.Errorf("%s: %w", step, err)
		}
		if step.Make != "" && raw.status < 300 {
			names.learn(step.Make, raw.body)
		}
		out = append(out, names.plain(step, raw))
	}
	return out, nil
}

// Ask sends one request outside of any story, and gives the decoded answer.
func (s Server) Ask(ctx context.Context, step Step) (status int, body any, err error) {
	raw, err := s.send(ctx, step)
	return raw.status, raw.body, err
}

// raw is an answer as it came.
type raw struct {
	status int
	header http.Header
	text   string
	body   any // decoded JSON; nil: it is none
}

func (s Server) send(ctx context.Context, step Step) (a raw, err error) {
	var body io.Reader
	if step.Body != "" {
		body = strings.NewReader(step.Body)
	}
	req, err := http.NewRequestWithContext(ctx, step.Method, s.URL+step.Path, body)
	if err != nil {
		return a, err
	}
	who := People[step.Who]
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-User-Id", "somebody")
	req.Header.Set("X-Project-Id", who.Project)
	req.Header.Set("X-Roles", who.Roles)
	for _, h := range step.Headers {
		k, v, _ := strings.Cut(h, ": ")
		req.Header.Set(k, v)
	}
	resp, err := client.Do(req)
	if err != nil {
		return a, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	a = raw{status: resp.StatusCode, header: resp.Header, text: string(text)}
	a.body = decode(text)
	return a, err
}

// placeholder is the id, or an attribute, of an object that a story made.
var placeholder = regexp.MustCompile(`\{([a-z][a-z0-9-]*)(?:\.([a-z_:]+))?\}`)
