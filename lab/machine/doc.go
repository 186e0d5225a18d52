// Package machine makes a pretended machine out of namespaces: a process with its own mounts, network, process numbers
// and host name, which runs services and outlives the program that started it.
//
//	up ──Start──► init (process 1 of the machine; private /run, /proc, /sys) ──► ovsdb-server, ovs-vswitchd, agent …
//	up ──Client──► init's control socket: start, stop, list
//
// Everything that runs in a machine is in its process namespace, so the end of its init is the end of all: the kernel
// ends the processes, then drops the mounts, links and network namespaces that only they held. Nothing of a machine is
// in the namespaces of the caller, so nothing can be left there.
package machine
