"""Does to servers what people do, and looks what becomes of their ports. usage: cases.py ADDRESS RESULTS FILTER

RESULTS gets a line of JSON {"id", "outcome", "why"} for each case. Cases stand on those before them: the server "vm1" lives through
most. So the first one runs whatever FILTER, a regular expression, says.
"""

import sys
import traceback

from cloud import Refused, Results, act, admin, at, call, gone, lab, make, pings, ports, servers, settled, show, until

FIXED = "192.168.10.50"
cases = []


def case(f):
    cases.append(f)
    return f


class Cloud:
    """What one case leaves for the next."""


c = Cloud()


def boot(name, networks, wanted="ACTIVE", **more):
    body = {"name": name, "imageRef": c.image, "flavorRef": c.flavors["tiny"], "networks": networks, **more}
    server = call("POST", "compute", "/servers", {"server": body})["server"]["id"]
    return settled(server, wanted)["id"]


def refused(status, word, do):
    try:
        do()
    except Refused as e:
        assert e.status == status and word in e.text, f"want {status} {word}: {e}"
        return
    raise AssertionError(f"it was taken: want {status} {word}")


def plugged(server, *addresses):
    """The server's ports have these addresses, and all work where it is."""
    host = show(server)["OS-EXT-SRV-ATTR:host"]

    def check():
        have = ports(server)
        good = all(p["status"] == "ACTIVE" and p["binding:host_id"] == host and not p["weft:problem"] for p in have)
        return good and sorted(f["ip_address"] for p in have for f in p["fixed_ips"]) == sorted(addresses)

    until(f"ports with {addresses} on {host}", check, 60)


def furnish():
    folder = "/var/cache/weft/guest/"

    def image(name, data, form, container, **more):
        i = call("POST", "image", "/images", {"name": name, "disk_format": form, "container_format": container, "visibility": "public", **more}, admin)
        r = admin.put(f"http://{at}:9292/v2/images/{i['id']}/file", data=data, headers={"Content-Type": "application/octet-stream"})
        r.raise_for_status()
        return i["id"]

    kernel = image("kernel", open(folder + "vmlinuz", "rb").read(), "aki", "aki")
    initrd = image("initrd", open(folder + "initrd", "rb").read(), "ari", "ari")
    c.image = image("guest", bytes(1 << 20), "raw", "bare", kernel_id=kernel, ramdisk_id=initrd, os_command_line="console=ttyS0 quiet")
    c.flavors = {}
    for name, ram in (("tiny", 128), ("larger", 144)):
        f = {"name": name, "ram": ram, "vcpus": 1, "disk": 1}
        c.flavors[name] = call("POST", "compute", "/flavors", {"flavor": f}, admin)["flavor"]["id"]
    c.nets, c.subnets = {}, {}
    for name, cidr in (("blue", "192.168.10.0/24"), ("green", "10.10.10.0/24"), ("small", "10.77.0.0/30")):
        c.nets[name] = make("network", name=name)["id"]
        c.subnets[name] = make("subnet", network_id=c.nets[name], ip_version=4, cidr=cidr)["id"]
    c.public = make("network", admin, **{"name": "public", "router:external": True, "provider:network_type": "flat", "provider:physical_network": "public"})["id"]
    make("subnet", admin, network_id=c.public, ip_version=4, cidr="2.2.2.0/24", gateway_ip="2.2.2.1", enable_dhcp=False)
    router = make("router", name="r", external_gateway_info={"network_id": c.public})["id"]
    call("PUT", "network", f"/routers/{router}/add_router_interface", {"subnet_id": c.subnets["blue"]})
    probe = make("port", network_id=c.nets["blue"], name="probe")
    c.project = probe["project_id"]
    lab("guest", "add", "probe", "--host", "host1", "--port", probe["id"])

    def both_up():
        up = [s["state"] for s in call("GET", "compute", "/os-services?binary=nova-compute", who=admin)["services"]]
        return up == ["up", "up"] and len(call("GET", "compute", "/os-hypervisors", who=admin)["hypervisors"]) == 2

    until("two hypervisors", both_up)


def attach(**body):
    return call("POST", "compute", f"/servers/{c.vm}/os-interface", {"interfaceAttachment": body})["interfaceAttachment"]["port_id"]


def detach(port, kept):
    call("DELETE", "compute", f"/servers/{c.vm}/os-interface/{port}")
    until("detached", lambda: all(p["id"] != port for p in ports(c.vm)))
    left = [p for p in call("GET", "network", "/ports", who=admin)["ports"] if p["id"] == port]
    assert len(left) == kept, left
    assert all((p["device_owner"], p["binding:host_id"], p["binding:profile"]) == ("", "", {}) for p in left), left


def a_server_boots_as_nova_does_it_by_default():
    furnish()
    c.vm = boot("vm1", [{"uuid": c.nets["blue"], "fixed_ip": FIXED}])
    plugged(c.vm, FIXED)
    pings("probe", FIXED)
    assert FIXED in str(show(c.vm)["addresses"])


@case
def a_security_group_that_is_named_is_refused():
    body = {"name": "sg", "imageRef": c.image, "flavorRef": c.flavors["tiny"], "networks": [{"uuid": c.nets["blue"]}], "security_groups": [{"name": "web"}]}
    refused(400, "Unable to find security_group", lambda: call("POST", "compute", "/servers", {"server": body}))
    refused(404, "not found", lambda: act(c.vm, addSecurityGroup={"name": "default"}))


@case
def interfaces_are_attached_and_detached():
    c.mine = make("port", network_id=c.nets["green"], fixed_ips=[{"ip_address": "10.10.10.77"}])["id"]
    other = attach(net_id=c.nets["green"], fixed_ips=[{"ip_address": "10.10.10.66"}])
    attach(port_id=c.mine)
    plugged(c.vm, FIXED, "10.10.10.66", "10.10.10.77")
    refused(409, "already in use", lambda: attach(net_id=c.nets["green"], fixed_ips=[{"ip_address": "10.10.10.77"}]))
    detach(other, kept=0)
    detach(c.mine, kept=1)
    plugged(c.vm, FIXED)


@case
def its_floating_ip_is_listed_and_answers():
    f = make("floatingip", floating_network_id=c.public, port_id=ports(c.vm)[0]["id"])
    address = f["floating_ip_address"]
    until("it is listed", lambda: address in str(show(c.vm)["addresses"]), 30)
    pings("outside", address)
    call("DELETE", "network", "/floatingips/" + f["id"])
    until("it is listed no more", lambda: address not in str(show(c.vm)["addresses"]), 30)


def main(wanted, results):
    for f in cases:
        name = f.__name__.replace("_", " ")
        if not wanted.search(name) and f is not cases[0]:
            continue
        try:
            f()
            results.tell(name, "pass")
        except Exception:  # whatever it is, the next may work
            results.tell(name, "fail", traceback.format_exc())
    for s in servers():
        call("DELETE", "compute", "/servers/" + s["id"], who=admin)
        gone(s["id"])


results = Results(sys.argv[2], sys.argv[3])
main(results.wanted, results)
