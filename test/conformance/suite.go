package main

import (
	"context"
	"io"
)

// suite is a test suite that others wrote, or what takes the place of one for a client that comes without.
type suite struct {
	name  string // as on the command line, and of its list of exclusions
	title string // as in the document
	run   func(context.Context, order) ([]result, error)
}

// order is what a suite is to do.
type order struct {
	program string // the weft
	cloud   *cloud
	dir     string    // an empty folder for what it needs
	only    string    // a regular expression: which tests; empty is all
	log     io.Writer // for what it prints
}

// outcome is what one test came to.
type outcome string

const (
	passed  outcome = "pass"
	failed  outcome = "fail"
	skipped outcome = "skip" // by the suite itself, for a reason of its own
)

// result is one test's.
type result struct {
	ID      string  `json:"id"`
	Outcome outcome `json:"outcome"`
	Why     string  `json:"why"`
}

// suites are all there are, in the order in which they run.
func suites() []suite {
	return []suite{
		{"gophercloud", "gophercloud v2, acceptance tests of networking", gophercloud},
		{"ansible", "Ansible's openstack.cloud, by playbooks of weft's own (`test/conformance/ansible`)", ansible},
		{"openstackclient", "python-openstackclient, functional tests of network", besideCompute(pythonSuite(
			"openstackclient.tests.functional.network.v2"))},
		{"openstacksdk", "openstacksdk, functional tests of network and of the cloud layer", pythonSuite(
			"openstack.tests.functional.network.v2", "openstack.tests.functional.cloud.test_network",
			"openstack.tests.functional.cloud.test_port", "openstack.tests.functional.cloud.test_router",
			"openstack.tests.functional.cloud.test_quotas", "openstack.tests.functional.cloud.test_security_groups",
			"openstack.tests.functional.cloud.test_project_cleanup")},
		{"neutronclient", "python-neutronclient, functional tests", pythonSuite(
			"neutronclient.tests.functional.core")},
		{"tempest", "tempest, API tests of network", tempestSuite("tempest.api.network")},
		{"neutron-tempest-plugin", "neutron-tempest-plugin, API tests", tempestSuite("neutron_tempest_plugin.api")},
		{"terraform", "Terraform's provider for OpenStack, acceptance tests of networking (those of security groups and QoS apart)", terraform},
		{"nova", "OpenStack Compute 26 with libvirt and QEMU, by cases of weft's own (`test/conformance/nova`)", nova},
	}
}
