// Package vm is a virtual machine of the lab as libvirt and its operator see it: the domain that boots the guest of
// scripts/guest, and its serial line, on which the guest serves commands.
package vm
