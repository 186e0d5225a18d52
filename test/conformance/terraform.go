package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

const (
	terraformModule = "github.com/hashicorp/terraform@v1.5.7" // the last of a free licence
	providerModule  = "github.com/terraform-provider-openstack/terraform-provider-openstack@v1.54.1"
	// providerTests are those of the networking resources and data sources.
	providerTests = "^TestAcc(NetworkingV2|NetworkingQuotaV2|OpenStackNetworking)"
	// providerElse are those of security groups and QoS among them, which weft has none of yet.
	providerElse = "(?i)SecGroup|QoS"
)

// terraform runs the acceptance tests of Terraform's provider for OpenStack with a Terraform that is built here. Some are
// for a member of a project and some for an administrator, and skip for the other, so all run as both.
func terraform(ctx context.Context, o order) ([]result, error) {
	install := exec.CommandContext(ctx, "go", "install", terraformModule)
	install.Dir, install.Stdout, install.Stderr = o.dir, o.log, o.log
	install.Env = append(os.Environ(), "GOBIN="+o.dir, "GOFLAGS=-mod=mod")
	if err := install.Run(); err != nil {
		return nil, fmt.Errorf("build terraform: %w", err)
	}
	from, err := downloaded(ctx, providerModule)
	if err != nil {
		return nil, err
	}
	tree := filepath.Join(o.dir, "provider")
	if err := copyModule(from, tree); err != nil {
		return nil, err
	}
	var all []result
	for _, who := range []string{"demo", "admin"} {
		results, err := goRun{
			tree: tree, folder: "/openstack", args: []string{"-run", cmp.Or(o.only, providerTests), "-skip", providerElse},
			env: append(o.cloud.openrc(who), "OS_USER_DOMAIN_ID=default", "OS_PROJECT_DOMAIN_ID=default", "TF_ACC=1",
				"TF_ACC_TERRAFORM_PATH="+filepath.Join(o.dir, "terraform"), "CHECKPOINT_DISABLE=1", "OS_NETWORK_ID="+o.cloud.private,
				"OS_IMAGE_ID=none", "OS_FLAVOR_ID=none", "OS_TRANSPARENT_VLAN_ENVIRONMENT=1", "OS_PORT_FORWARDING_ENVIRONMENT=1"),
		}.do(ctx, o.log)
		if err != nil {
			return nil, err
		}
		all = merge(all, results)
	}
	return all, nil
}

// merge puts together what tests came to as one person and as another: one that somebody's run skips is as in the other's.
func merge(some, more []result) []result {
	out := slices.Clone(some)
	for _, r := range more {
		i := slices.IndexFunc(out, func(have result) bool { return have.ID == r.ID })
		switch {
		case i < 0:
			out = append(out, r)
		case out[i].Outcome == skipped || r.Outcome == failed:
			out[i] = r
		}
	}
	return out
}
