// Package frame takes Ethernet frames with IPv6 packets apart and puts them together: what agents say to guests and to
// segments without the kernel's help. What it is given is hostile: lengths are checked before they are believed.
package frame
