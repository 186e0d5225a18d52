// Package clients tests that programs written for OpenStack Networking work with weft unmodified: Debian's openstack and
// neutron command lines, and a program written with gophercloud. Each talks to a "weft controller" of its own on
// loopback, which no host has joined.
package clients
