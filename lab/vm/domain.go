package vm

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"text/template"
)

// Domain is a virtual machine.
type Domain struct {
	Name           string
	Kernel, Initrd string
	Interface      string // the interface element
}

// Socket is the name, in the host's /run, of the serial line that serves commands.
func (d Domain) Socket() string { return d.Name + ".sock" }

// The processor is emulated: nothing is asked of the real machine. A card without a boot ROM saves seconds. On a busy machine
// the emulated timer may be late, which Linux else takes for a broken one and panics (no_timer_check). The root ports are for
// cards that are plugged in while it runs. The card takes frames with any tag (ctrl_vlan): QEMU before 10.0.4 forgets in a
// migration, or when it is saved, which tags its guest asked for, and drops theirs afterwards.
var domain = template.Must(template.New("domain").Parse(`<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>{{.Name}}</name>
  <memory unit='MiB'>96</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>{{.Kernel}}</kernel>
    <initrd>{{.Initrd}}</initrd>
    <cmdline>console=ttyS0 quiet no_timer_check</cmdline>
  </os>
  <features><acpi/></features>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
    <controller type='pci' model='pcie-root'/>
    <controller type='pci' model='pcie-root-port'/>
    <controller type='pci' model='pcie-root-port'/>
    <controller type='pci' model='pcie-root-port'/>
    <serial type='file'><source path='/run/{{.Name}}.console'/><target port='0'/></serial>
    <serial type='unix'><source mode='bind' path='/run/{{.Socket}}'/><target port='1'/></serial>
    <memballoon model='none'/>
{{.Interface}}
  </devices>
  <qemu:override>
    <qemu:device alias='net0'>
      <qemu:frontend><qemu:property name='ctrl_vlan' type='bool' value='false'/></qemu:frontend>
    </qemu:device>
  </qemu:override>
</domain>
`))

// XML is the domain as libvirt reads it.
func (d Domain) XML() (string, error) {
	if err := xml.Unmarshal([]byte(d.Interface), new(struct{})); err != nil {
		return "", fmt.Errorf("describe domain %s: read its interface: %w", d.Name, err)
	}
	var b bytes.Buffer
	if err := domain.Execute(&b, d); err != nil {
		return "", fmt.Errorf("describe domain %s: %w", d.Name, err)
	}
	return b.String(), nil
}
