package clouds

import (
	"bytes"
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gophercloud/gophercloud/v2"
	parser "github.com/gophercloud/gophercloud/v2/openstack/config/clouds"
	"go.yaml.in/yaml/v3"
)

// entry is a cloud as clouds.yaml has it, as far as the parser leaves it to others: what a cloud without Keystone says.
type entry struct {
	AuthType        string `yaml:"auth_type"`
	Auth            *place
	NetworkEndpoint string `yaml:"network_endpoint_override"`

	name, from string // from says for people where it is
	parse      []parser.ParseOption
}

// place is where a controller is that needs no Keystone.
type place struct{ Endpoint, URL string }

// options are what the parser makes of the entry.
func (e *entry) options(getenv func(string) string) (gophercloud.AuthOptions, gophercloud.EndpointOpts, *tls.Config, error) {
	if e.Auth == nil { // which the parser takes for granted
		return gophercloud.AuthOptions{}, gophercloud.EndpointOpts{}, &tls.Config{MinVersion: tls.VersionTLS12}, nil
	}
	opts := append(e.parse, parser.WithCloudName(e.name))
	if r := getenv("OS_REGION_NAME"); r != "" {
		opts = append(opts, parser.WithRegion(r))
	}
	return parser.Parse(opts...)
}

// find gives the cloud of that name, or the one that the environment describes; nil if that describes none.
func find(getenv func(string) string, name string) (*entry, error) {
	if name == "" {
		return described(getenv)
	}
	file, raw, err := read(getenv)
	if err != nil {
		return nil, fmt.Errorf("find the cloud %s: %w", name, err)
	}
	all, err := decode(raw)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	e, ok := all[name]
	if !ok || e == nil {
		return nil, fmt.Errorf("%s has no cloud %q; there are %s", file, name, strings.Join(slices.Sorted(maps.Keys(all)), ", "))
	}
	e.name, e.from = name, fmt.Sprintf("the cloud %s of %s", name, file)
	e.parse = []parser.ParseOption{parser.WithLocations(file)}
	return e, nil
}

// Names are the clouds that clouds.yaml has.
func Names(getenv func(string) string) []string {
	_, raw, err := read(getenv)
	if err != nil {
		return nil
	}
	all, err := decode(raw)
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(all))
}

func decode(raw []byte) (map[string]*entry, error) {
	var file struct{ Clouds map[string]*entry }
	err := yaml.Unmarshal(raw, &file)
	return file.Clouds, err
}

// read gives the first clouds.yaml that is there.
func read(getenv func(string) string) (file string, raw []byte, err error) {
	places := []string{getenv("OS_CLIENT_CONFIG_FILE")}
	if places[0] == "" {
		home := cmp.Or(getenv("XDG_CONFIG_HOME"), filepath.Join(getenv("HOME"), ".config"))
		places = nil
		for _, dir := range []string{".", filepath.Join(home, "openstack"), "/etc/openstack"} {
			places = append(places, filepath.Join(dir, "clouds.yaml"), filepath.Join(dir, "clouds.yml"))
		}
	}
	for _, file := range places {
		raw, err := os.ReadFile(file)
		if !errors.Is(err, fs.ErrNotExist) {
			return file, raw, err
		}
	}
	return "", nil, fmt.Errorf("there is no clouds.yaml; it was looked for as %s", strings.Join(places, ", "))
}

// variables are the environment's words for what a cloud's auth has.
var variables = map[string][]string{
	"auth_url": {"OS_AUTH_URL"}, "username": {"OS_USERNAME"}, "user_id": {"OS_USER_ID"}, "password": {"OS_PASSWORD"}, "token": {"OS_TOKEN"},
	"project_id": {"OS_PROJECT_ID", "OS_TENANT_ID"}, "project_name": {"OS_PROJECT_NAME", "OS_TENANT_NAME"},
	"user_domain_id": {"OS_USER_DOMAIN_ID"}, "user_domain_name": {"OS_USER_DOMAIN_NAME"}, "default_domain": {"OS_DEFAULT_DOMAIN"},
	"project_domain_id": {"OS_PROJECT_DOMAIN_ID"}, "project_domain_name": {"OS_PROJECT_DOMAIN_NAME"},
	"domain_id": {"OS_DOMAIN_ID"}, "domain_name": {"OS_DOMAIN_NAME"}, "system_scope": {"OS_SYSTEM_SCOPE"},
	"application_credential_id": {"OS_APPLICATION_CREDENTIAL_ID"}, "application_credential_name": {"OS_APPLICATION_CREDENTIAL_NAME"},
	"application_credential_secret": {"OS_APPLICATION_CREDENTIAL_SECRET"},
}

// described makes a cloud of the environment's OS_AUTH_URL and what belongs to it. Without a Keystone OS_ENDPOINT and OS_TOKEN
// are all there is, which every client of weft reads by itself.
func described(getenv func(string) string) (*entry, error) {
	auth := map[string]any{}
	for attr, names := range variables {
		for _, n := range names {
			if v := getenv(n); v != "" && auth[attr] == nil {
				auth[attr] = v
			}
		}
	}
	kind := getenv("OS_AUTH_TYPE")
	if auth["auth_url"] == nil && (kind == "none" || kind == "admin_token" || kind == "token_endpoint" || kind == "") {
		return nil, nil
	}
	cloud := map[string]any{"auth": auth, "interface": getenv("OS_INTERFACE"), "cacert": getenv("OS_CACERT")}
	switch strings.ToLower(getenv("OS_INSECURE")) {
	case "1", "true", "yes":
		cloud["verify"] = false
	}
	const name = "environment"
	raw, err := yaml.Marshal(map[string]any{"clouds": map[string]any{name: cloud}})
	return &entry{
		Auth: &place{}, AuthType: kind, NetworkEndpoint: cmp.Or(getenv("OS_NETWORK_ENDPOINT_OVERRIDE"), getenv("OS_ENDPOINT")), name: name, from: "the environment",
		parse: []parser.ParseOption{parser.WithCloudsYAML(bytes.NewReader(raw))},
	}, err
}
