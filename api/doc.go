// Package api holds weft's nouns: the objects that people ask for (Network, Subnet, Port, Router, FloatingIP), what
// hosts report (Host, Binding), what weft allocates for them (Segment, Placement), and the immutable Snapshot that
// every computation reads. Names, attributes and life cycles are those of OpenStack Networking (Neutron) v2.0.
//
// A stored object is never changed in place: copy it, change the copy, Put the copy. So any pointer that a Snapshot
// hands out stays valid and constant for as long as somebody holds it.
//
// The package is pure. It must not import another package of weft, nor do I/O, read a clock or log.
package api
