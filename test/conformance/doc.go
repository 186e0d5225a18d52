// Command conformance runs the test suites that others wrote for OpenStack Networking, unmodified, against a "weft
// controller" behind Debian's Keystone, and compares what came out with the lists of exclusions, each of which has its
// reason. "make conformance" runs it; docs/conformance.md has the last results.
//
// A run fails if a test fails that no exclusion names, or if an exclusion names a test that passes: the lists stay true.
// Nothing of a suite is kept here: it comes from the module cache or from a Debian package.
package main
