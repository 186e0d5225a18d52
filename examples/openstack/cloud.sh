#!/bin/sh
# The cloud of examples/seed-002 with nothing but the openstack client, which finds weft by the environment:
# OS_AUTH_TYPE=admin_token OS_ENDPOINT=http://… OS_TOKEN=…, or what one sets for a cloud with a Keystone.
# An administrator runs it: only one may make external networks, name segments and ports' hosts.
set -eu

# openstack starts slowly, and reads commands from its standard input as well. There its exit status is that of the last
# one only, so what went wrong is looked for in the end.
openstack <<'END'
network create blue
subnet create --network blue --subnet-range 192.168.10.0/24 blue4
network create green
subnet create --network green --subnet-range 10.10.10.0/24 green4
network create --external --provider-network-type flat --provider-physical-network public external
subnet create --network external --subnet-range 2.2.2.0/24 --gateway 2.2.2.1 --no-dhcp --allocation-pool start=2.2.2.100,end=2.2.2.200 external4

router create r1
router add subnet r1 blue4
router add subnet r1 green4
router set --external-gateway external --fixed-ip ip-address=2.2.2.150 r1

port create --network blue --fixed-ip ip-address=192.168.10.222 vm1
port create --network blue --fixed-ip ip-address=192.168.10.223 vm2
port create --network blue --fixed-ip ip-address=192.168.10.4 vm3
port create --network green --fixed-ip ip-address=10.10.10.3 vm4
port create --network green --fixed-ip ip-address=10.10.10.4 vm5
port create --network green --fixed-ip ip-address=10.10.10.5 vm6

floating ip create external --floating-ip-address 2.2.2.100 --port vm1
END

test "$(openstack floating ip show 2.2.2.100 -f value -c fixed_ip_address)" = 192.168.10.222
test "$(openstack port list -f value -c Name | grep -c '^vm')" = 6
