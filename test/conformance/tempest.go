package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"weft/test/keystone"
	"weft/test/python"
)

// tempestSuite is a suite of OpenStack's own conformance tests: modules, and packages of modules.
func tempestSuite(names ...string) func(context.Context, order) ([]result, error) {
	return func(ctx context.Context, o order) ([]result, error) {
		if err := tempestConfig(ctx, o); err != nil {
			return nil, err
		}
		if _, err := unpack(o.dir, "run.py"); err != nil {
			return nil, err
		}
		script, err := unpack(o.dir, "tempest_run.py")
		if err != nil {
			return nil, err
		}
		results := filepath.Join(o.dir, "results")
		cmd := exec.CommandContext(ctx, python.Interpreter, append([]string{"-W", "ignore", script, results, cmp.Or(o.only, ".")}, names...)...)
		cmd.Stdout, cmd.Stderr, cmd.Dir = o.log, o.log, o.dir
		cmd.Env = o.cloud.environment("PATH="+os.Getenv("PATH"), "TEMPEST_CONFIG_DIR="+o.dir+"/", "TEMPEST_CONFIG=tempest.conf")
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("run the suite: %w", err)
		}
		all, err := readResults(results)
		for i := range all {
			all[i].ID, _, _ = strings.Cut(all[i].ID, "[") // what follows is a number and labels
		}
		return all, err
	}
}

// tempestConfig tells tempest of the cloud: only the network service is there, with the extensions that it lists.
func tempestConfig(ctx context.Context, o order) error {
	aliases, err := o.cloud.extensions(ctx)
	if err != nil {
		return err
	}
	text := fmt.Sprintf(`[DEFAULT]
log_file = tempest.log
[auth]
use_dynamic_credentials = true
create_isolated_networks = false
admin_username = admin
admin_password = %[2]s
admin_project_name = admin
admin_domain_name = Default
[identity]
auth_version = v3
uri = %[1]s
uri_v3 = %[1]s
region = RegionOne
v3_endpoint_type = public
[service_available]
neutron = true
nova = false
glance = false
cinder = false
swift = false
horizon = false
[network]
public_network_id = %[3]s
floating_network_name = public
[network-feature-enabled]
api_extensions = %[4]s
ipv6_subnet_attributes = true
port_security = true
[oslo_concurrency]
lock_path = %[5]s
[validation]
run_validation = false
[neutron_plugin_options]
available_type_drivers = vxlan,vlan,flat
provider_vlans = physnet1
`, o.cloud.keystone.URL, keystone.Password, o.cloud.public, strings.Join(aliases, ","), o.dir)
	return os.WriteFile(filepath.Join(o.dir, "tempest.conf"), []byte(text), 0o600)
}

// extensions are those that the controller lists.
func (c *cloud) extensions(ctx context.Context) ([]string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.controller.URL+"/v2.0/extensions", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-Auth-Token", c.keystone.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var all struct{ Extensions []struct{ Alias string } }
	if err := json.NewDecoder(resp.Body).Decode(&all); err != nil {
		return nil, fmt.Errorf("list extensions: %s: %w", resp.Status, err)
	}
	var out []string
	for _, e := range all.Extensions {
		out = append(out, e.Alias)
	}
	return out, nil
}
