// Package sim executes compiled flows in Go, so that tests can ask of a whole cloud where a packet comes out. It knows what
// a switch knows: flows, ports and patches; tunnels lead to the host with the address in tun_dst, and the provider bridges
// of one physical network hang on one wire. Router namespaces are not simulated: frames for a leg come out at the leg's port,
// and a test that routes sends them on.
//
// It is strict: an output to a port that does not exist, a loop, or a tunnel to nobody is an error, never a silent loss.
package sim
