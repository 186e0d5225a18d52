// Package plug plugs a port into br-int for people without libvirt, with the words that libvirt writes: the agent sees
// the interface and reports it, and from there on all goes as with a virtual machine. It marks what it plugged and takes
// away nothing else.
package plug
