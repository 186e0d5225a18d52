// Package hosttest gives tests of the agent a host of their own: the test program runs itself again in a private network
// and mount namespace with an empty /run, so that what it makes, sweeps and forgets is nobody else's. There it can start
// a private Open vSwitch on the userspace datapath, which works with real devices.
package hosttest
