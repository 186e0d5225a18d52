package rest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"weft/controller/rest/noun"
)

// neutrons are the aliases of all extensions of Neutron 21.
const neutrons = `address-group address-scope agent agent-resources-synced allowed-address-pairs auto-allocated-topology
availability_zone availability_zone_filter binding binding-extended data-plane-status default-subnetpools dhcp_agent_scheduler
dns-domain-ports dns-integration dns-integration-domain-keywords dvr ecmp_routes empty-string-filtering
expose-l3-conntrack-helper expose-port-forwarding-in-fip ext-gw-mode external-net extra_dhcp_opt extraroute extraroute-atomic
filter-validation fip-port-details flavors floating-ip-port-forwarding floating-ip-port-forwarding-description
floating-ip-port-forwarding-detail floating-ip-port-forwarding-port-ranges floatingip-pools ip-substring-filtering
ip_allocation l2_adjacency l3-conntrack-helper l3-ext-ndp-proxy l3-flavors l3-ha l3-ndp-proxy l3-port-ip-change-not-allowed
l3_agent_scheduler local_ip logging metering metering_source_and_destination_fields multi-provider net-mtu net-mtu-writable
network-ip-availability network-segment-range network_availability_zone pagination port-device-profile
port-mac-address-regenerate port-mac-override port-numa-affinity-policy port-resource-request port-resource-request-groups
port-security port-security-groups-filtering project-id provider qos qos-bw-limit-direction qos-bw-minimum-ingress qos-default
qos-fip qos-fip-network-policy qos-gateway-ip qos-port-network-policy qos-pps qos-pps-minimum qos-pps-minimum-rule-alias
qos-rule-type-details qos-rule-type-filter qos-rules-alias quota-check-limit quota_details quotas rbac-address-group
rbac-address-scope rbac-policies rbac-security-groups rbac-subnetpool revision-if-match router
router-admin-state-down-before-update router-service-type router_availability_zone security-group
security-groups-normalized-cidr security-groups-remote-address-group security-groups-shared-filtering segment
segments-peer-subnet-host-routes service-type sorting standard-attr-description standard-attr-revisions standard-attr-segment
standard-attr-tag standard-attr-timestamp stateful-security-group subnet-dns-publish-fixed-ip subnet-segmentid-writable
subnet-service-types subnet_allocation subnet_onboard subnetpool-prefix-ops tag-ports-during-bulk-creation timestamp trunk
trunk-details uplink-status-propagation vlan-transparent`

// tables reads the tables under the headings of a document of ours: the cells of their rows.
func tablesOf(t *testing.T, file string) map[string][][]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	out, heading := map[string][][]string{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if h, ok := strings.CutPrefix(line, "## "); ok {
			heading = h
		}
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| alias ") {
			continue
		}
		var cells []string
		for c := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.TrimSpace(c))
		}
		out[heading] = append(out[heading], cells)
	}
	return out
}

func firsts(rows [][]string) (out []string) {
	for _, r := range rows {
		out = append(out, r[0])
	}
	return out
}

func TestTheDocumentOfExtensionsIsTrue(t *testing.T) {
	w := newWorld(t)
	doc := tablesOf(t, "../../docs/extensions.md")
	listed := w.do("GET", "/v2.0/extensions", nil).list("alias")
	slices.Sort(listed)
	if diff := cmp.Diff(listed, firsts(doc["Listed"])); diff != "" {
		t.Errorf("listed (-served +in the document):\n%s", diff)
	}
	all := slices.Sorted(slices.Values(slices.Concat(firsts(doc["Listed"]), firsts(doc["Not listed"]))))
	if diff := cmp.Diff(slices.Sorted(slices.Values(strings.Fields(neutrons))), all); diff != "" {
		t.Errorf("all (-Neutron's +in the document):\n%s", diff)
	}
	for _, r := range doc["Not listed"] {
		if len(r) != 2 || r[1] == "" {
			t.Errorf("%v does not say why", r)
		}
	}
	tests := namesOfTests(t)
	paths := w.do("GET", "/openapi.json", nil).body["paths"].(map[string]any)
	for _, r := range doc["Listed"] {
		if len(r) != 3 || !tests[r[2]] {
			t.Errorf("%v names no test", r)
			continue
		}
		for _, what := range quotedWords.FindAllStringSubmatch(r[1], -1) {
			if _, path := paths[what[1]]; !path && !hasAttribute(what[1]) {
				t.Errorf("%s: there is no %s", r[0], what[1])
			}
		}
	}
}

var quotedWords = regexp.MustCompile("`([^`]+)`")

// hasAttribute reports whether there is an attribute, as in port.dns_name.
func hasAttribute(what string) bool {
	resource, name, _ := strings.Cut(what, ".")
	return slices.ContainsFunc(Resources(), func(r noun.Description) bool {
		return r.Singular == resource && slices.ContainsFunc(r.Attributes, func(a noun.Attribute) bool { return a.Name == name })
	})
}

// namesOfTests are those of all tests of the repository.
func namesOfTests(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range testName.FindAllStringSubmatch(string(text), -1) {
			out[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var testName = regexp.MustCompile(`(?m)^func (Test\w+)\(`)
