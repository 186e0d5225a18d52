package keystone

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// Object is one of JSON.
type Object = map[string]any

// Call does one request as the administrator, and gives the answer's header and body; headers are "Name: value". A status
// that is no success is an error.
func (s *Server) Call(ctx context.Context, method, path string, body any, headers ...string) (http.Header, Object, error) {
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, nil, err
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, in)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Auth-Token", s.Token)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, fmt.Errorf("keystone: %s %s: %w", method, path, err)
	}
	defer resp.Body.Close()
	var answer Object
	_ = json.NewDecoder(resp.Body).Decode(&answer) // some have none
	if resp.StatusCode > 299 {
		return nil, nil, fmt.Errorf("keystone: %s %s: %d %v\n%s", method, path, resp.StatusCode, answer, s.tail())
	}
	return resp.Header, answer, nil
}

// Make makes a project, user, service, endpoint or another thing, and gives its id.
func (s *Server) Make(ctx context.Context, kind string, attrs Object) (string, error) {
	_, answer, err := s.Call(ctx, http.MethodPost, "/"+kind+"s", Object{kind: attrs})
	if err != nil {
		return "", err
	}
	made, _ := answer[kind].(Object)
	id, _ := made["id"].(string)
	if id == "" {
		return "", fmt.Errorf("keystone: make %s: the answer has no id: %v", kind, answer)
	}
	return id, nil
}

// Person makes a user with a role in a project, given by its id. The user's password is PasswordOf.
func (s *Server) Person(ctx context.Context, name, role, project string) error {
	user, err := s.Make(ctx, "user", Object{"name": name, "password": PasswordOf(name), "domain_id": "default"})
	if err != nil {
		return err
	}
	return s.Grant(ctx, user, role, project)
}

// Grant gives a user, by its id, a role in a project.
func (s *Server) Grant(ctx context.Context, user, role, project string) error {
	id, err := s.Find(ctx, "role", role)
	if err != nil {
		return err
	}
	_, _, err = s.Call(ctx, http.MethodPut, "/projects/"+project+"/users/"+user+"/roles/"+id, nil)
	return err
}

// Find gives the id of the one thing of a kind, like "user", that has a name.
func (s *Server) Find(ctx context.Context, kind, name string) (string, error) {
	_, found, err := s.Call(ctx, http.MethodGet, "/"+kind+"s?name="+name, nil)
	if err != nil {
		return "", err
	}
	all, _ := found[kind+"s"].([]any)
	if len(all) != 1 {
		return "", fmt.Errorf("keystone: %s %s: found %v", kind, name, found)
	}
	id, _ := all[0].(Object)["id"].(string)
	return id, nil
}

// PasswordOf is the password of whom Person made.
func PasswordOf(name string) string { return "of-" + name }

// Login gives a user's token in a project, both by name.
func (s *Server) Login(ctx context.Context, user, password, project string) (string, error) {
	here := Object{"name": "Default"}
	header, _, err := s.Call(ctx, http.MethodPost, "/auth/tokens", Object{"auth": Object{
		"identity": Object{"methods": []string{"password"}, "password": Object{"user": Object{"name": user, "domain": here, "password": password}}},
		"scope":    Object{"project": Object{"name": project, "domain": here}},
	}})
	if err != nil {
		return "", err
	}
	return header.Get("X-Subject-Token"), nil
}

// Flags are what a "weft controller" needs to ask this Keystone; dir is a folder for the file with the password.
func (s *Server) Flags(dir string) ([]string, error) {
	file := filepath.Join(dir, "keystone-password")
	if err := os.WriteFile(file, []byte(Password+"\n"), 0o600); err != nil {
		return nil, err
	}
	return []string{"--auth", "keystone", "--keystone-url", s.URL, "--keystone-user", "admin", "--keystone-project", "admin",
		"--keystone-password-file", file}, nil
}

// Service puts a service of a type, like "network", into the catalogue.
func (s *Server) Service(ctx context.Context, kind, url string) error {
	service, err := s.Make(ctx, "service", Object{"type": kind, "name": kind})
	if err != nil {
		return err
	}
	for _, face := range []string{"public", "internal", "admin"} {
		attrs := Object{"service_id": service, "interface": face, "url": url, "region_id": "RegionOne"}
		if _, err := s.Make(ctx, "endpoint", attrs); err != nil {
			return err
		}
	}
	return nil
}
