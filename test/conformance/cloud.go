package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"

	"weft/test/keystone"
	"weft/test/serve"
)

// cloud is a Keystone, a weft controller behind it, and what a suite expects to find: the projects, users and external
// network that devstack, for which the suites were written, comes with.
type cloud struct {
	dir        string
	keystone   *keystone.Server
	controller *serve.Controller
	public     string // id of the external network
	private    string // and of another
}

// member is one of devstack's clouds.yaml: a name for somebody in a project.
type member struct{ cloud, user, project string }

var members = []member{
	{"devstack", "demo", "demo"},
	{"devstack-alt", "alt_demo", "alt_demo"},
	{"devstack-admin", "admin", "admin"},
}

func startCloud(ctx context.Context, program, dir string) (c *cloud, err error) {
	c = &cloud{dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.stop())
		}
	}()
	state := filepath.Join(dir, "keystone")
	if err := os.Mkdir(state, 0o700); err != nil {
		return nil, err
	}
	if c.keystone, err = keystone.Start(ctx, state); err != nil {
		return nil, err
	}
	flags, err := c.keystone.Flags(dir)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, "controller.log"))
	if err != nil {
		return nil, err
	}
	flags = append(flags, devstack()...)
	if c.controller, err = serve.Start(program, filepath.Join(dir, "state"), log, flags...); err != nil {
		return nil, err
	}
	if err := c.keystone.Service(ctx, "network", c.controller.URL); err != nil {
		return nil, err
	}
	return c, c.furnish(ctx)
}

// devstack gives the limits and the VLANs that a cloud of devstack has.
func devstack() []string {
	return []string{"--default-quota", "network=100,subnet=100,port=500,router=10,floatingip=50,rbac_policy=10,subnetpool=-1",
		"--vlan-range", "physnet1:3000:3999"}
}

// stop ends what runs, and gives back what the controller has to say about it.
func (c *cloud) stop() error {
	var err error
	if c.controller != nil {
		err = c.controller.Stop()
	}
	if c.keystone != nil {
		c.keystone.Stop()
	}
	return err
}

// furnish makes the people and the external network.
func (c *cloud) furnish(ctx context.Context) error {
	for _, m := range members {
		if m.user == "admin" {
			continue
		}
		id, err := c.keystone.Make(ctx, "project", keystone.Object{"name": m.project, "domain_id": "default"})
		if err != nil {
			return err
		}
		if err := c.keystone.Person(ctx, m.user, "member", id); err != nil {
			return err
		}
	}
	net, err := c.create(ctx, "/v2.0/", "network", keystone.Object{"name": "public", "router:external": true,
		"provider:network_type": "vlan", "provider:physical_network": "outside", "provider:segmentation_id": 100})
	if err != nil {
		return err
	}
	c.public = net
	_, err = c.create(ctx, "/v2.0/", "subnet", keystone.Object{"name": "public-subnet", "network_id": net, "ip_version": 4,
		"cidr": "172.24.4.0/24", "enable_dhcp": false})
	if err != nil {
		return err
	}
	// devstack's own network, which suites know by its name.
	if c.private, err = c.create(ctx, "/v2.0/", "network", keystone.Object{"name": "private"}); err != nil {
		return err
	}
	// Suites look for agents, and a host has some from the moment that it is known.
	if _, err := c.create(ctx, "/v1/", "host", keystone.Object{"name": "host1"}); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.dir, "clouds.yaml"), c.cloudsYAML(), 0o600)
}

// project makes one more, for somebody who is in others already.
func (c *cloud) project(ctx context.Context, name, user string) error {
	id, err := c.keystone.Make(ctx, "project", keystone.Object{"name": name, "domain_id": "default"})
	if err != nil {
		return err
	}
	who, err := c.keystone.Find(ctx, "user", user)
	if err != nil {
		return err
	}
	return c.keystone.Grant(ctx, who, "member", id)
}

// create makes an object of a version of the API as the administrator, and gives its id.
func (c *cloud) create(ctx context.Context, version, kind string, attrs keystone.Object) (string, error) {
	body, err := json.Marshal(keystone.Object{kind: attrs})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.controller.URL+version+kind+"s", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("X-Auth-Token", c.keystone.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", fmt.Errorf("create %s: %w", kind, err)
	}
	var made map[string]struct{ ID, Name string }
	if resp.StatusCode == http.StatusCreated {
		err = json.Unmarshal(raw, &made)
	}
	if err != nil || made[kind].Name == "" {
		return "", fmt.Errorf("create %s: %s %s", kind, resp.Status, raw)
	}
	return made[kind].ID, nil
}

func passwordOf(user string) string {
	if user == "admin" {
		return keystone.Password
	}
	return keystone.PasswordOf(user)
}

// cloudsYAML is the file in which Python's clients look people up.
func (c *cloud) cloudsYAML() []byte {
	clouds := keystone.Object{}
	for _, m := range members {
		clouds[m.cloud] = keystone.Object{
			"auth": keystone.Object{"auth_url": c.keystone.URL, "username": m.user, "password": passwordOf(m.user),
				"project_name": m.project, "user_domain_id": "default", "project_domain_id": "default"},
			"region_name": "RegionOne", "identity_api_version": "3",
		}
	}
	raw, err := json.Marshal(keystone.Object{"clouds": clouds}) // JSON is YAML
	if err != nil {
		panic(err) // it is all strings
	}
	return raw
}

// openrc is what Go's clients look up in their environment, of somebody in the project of the same name.
func (c *cloud) openrc(who string) []string {
	return []string{"OS_AUTH_URL=" + c.keystone.URL, "OS_USERNAME=" + who, "OS_PASSWORD=" + passwordOf(who), "OS_PROJECT_NAME=" + who,
		"OS_TENANT_NAME=" + who, "OS_REGION_NAME=RegionOne", "OS_BRANCH=master", "OS_EXTGW_ID=" + c.public, "OS_POOL_NAME=public"}
}

// environment is a clean one for a suite, with what this machine has.
func (c *cloud) environment(more ...string) []string {
	env := []string{"LC_ALL=C.UTF-8", "PYTHONWARNINGS=ignore", "PYTHONUNBUFFERED=1", "HOME=" + c.dir,
		"OS_CLIENT_CONFIG_FILE=" + filepath.Join(c.dir, "clouds.yaml"), "TMPDIR=" + os.TempDir()}
	return append(env, more...)
}
