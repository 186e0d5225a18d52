package main

import (
	"context"
	"path/filepath"
)

const (
	gophercloudModule = "github.com/gophercloud/gophercloud/v2"
	gophercloudTests  = "/internal/acceptance/openstack/networking/v2"
)

// gophercloud runs the acceptance tests of the very gophercloud that go.mod names.
func gophercloud(ctx context.Context, o order) ([]result, error) {
	tree := filepath.Join(o.dir, "gophercloud")
	from, err := required(ctx, gophercloudModule)
	if err != nil {
		return nil, err
	}
	if err := copyModule(from, tree); err != nil {
		return nil, err
	}
	r := goRun{tree: tree, folder: gophercloudTests, all: "/...", args: []string{"-p=1", "-tags=acceptance"},
		env: append(o.cloud.openrc("admin"), "OS_DOMAIN_ID=default", "OS_IMAGE_ID=none", "OS_FLAVOR_ID=none", "OS_FLAVOR_ID_RESIZE=none-either")}
	if o.only != "" {
		r.args = append(r.args, "-run", o.only)
	}
	return r.do(ctx, o.log)
}
