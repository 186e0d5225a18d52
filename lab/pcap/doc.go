// Package pcap reads what tcpdump writes, and takes frames apart as far as the lab's checks ask: Ethernet, ARP, IPv4,
// ICMP, UDP, and what is inside VXLAN. It reads hostile bytes without harm: what is cut short stays zero.
package pcap
