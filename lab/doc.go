// Package lab builds a whole weft cloud on one machine, out of namespaces and real Open vSwitch.
//
//	controller ── management network ──┬───────────┬───────────┐           your shell
//	                                 host1       host2       host3             │ weft-lab
//	router ──── rack1 10.1.1.0/24 ─────┴───────────┼───────────┘               └─ management network
//	     └───── rack2 10.1.2.0/24 ─────────────────┘
//	outside ─── external network 2.2.2.0/24 ─── provider bridge of every host
//
// Each box is a machine of package lab/machine. A hypervisor runs ovsdb-server, ovs-vswitchd on the userspace datapath,
// and the agent; guests are network namespaces inside it, plugged as libvirt plugs a virtual machine.
//
// What exists is written to the lab's folder before it is made, so Down finds it after any kind of death. Up makes what
// is missing and leaves alone what is there, so it repairs too. The lab speaks to the controller by REST only, as any
// user does.
package lab
