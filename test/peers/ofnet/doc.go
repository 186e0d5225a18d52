// Package ofnet measures weft's OpenFlow sessions and those of ofnet side by side, against one Open vSwitch in one run. It
// is a module of its own, so that weft does not depend on ofnet.
//
//	make bench        # or: go test -run '^$' -bench . in this folder
//
// There is nothing here but benchmarks.
package ofnet
