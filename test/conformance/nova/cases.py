"""Does to servers what people do, and looks what becomes of their ports. usage: cases.py ADDRESS RESULTS FILTER

RESULTS gets a line of JSON {"id", "outcome", "why"} for each case. Cases stand on those before them: the server "vm1" lives through
most. So the first one runs whatever FILTER, a regular expression, says.
"""

import sys
import traceback

from cloud import Listening, Refused, Results, act, admin, at, call, gone, lab, make, pings, ports, servers, settled, show, until

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


def goes_through(wanted="ACTIVE", **action):
    act(c.vm, **action)
    until("begun", lambda: show(c.vm)["OS-EXT-STS:task_state"] or show(c.vm)["status"] == wanted, 20)
    return settled(c.vm, wanted)


def elsewhere():
    return {"host1": "host2", "host2": "host1"}[show(c.vm)["OS-EXT-SRV-ATTR:host"]]


def no_trace(server):
    assert ports(server) == []
    call("DELETE", "compute", "/servers/" + server)
    gone(server)


@case
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


@case
def it_migrates_live_there_and_back_and_is_heard():
    for _ in range(2):
        to, ears = elsewhere(), Listening("probe", FIXED)
        act(c.vm, **{"os-migrateLive": {"host": to, "block_migration": "auto"}})
        until("it is there", lambda: (s := show(c.vm))["OS-EXT-SRV-ATTR:host"] == to and s["OS-EXT-STS:task_state"] is None)
        plugged(c.vm, FIXED)
        missing = ears.lost()
        print("pings lost", missing)
        assert missing is not None and len(missing) <= 15, f"of ten pings a second these were lost: {missing}"
        for p in ports(c.vm):
            b = call("GET", "network", f"/ports/{p['id']}/bindings", who=admin)["bindings"]
            assert [(x["host"], x["status"]) for x in b] == [(to, "ACTIVE")], b


@case
def what_cannot_be_is_refused_and_leaves_nothing():
    blue = c.nets["blue"]
    refused(409, "still in use", lambda: boot("x", [{"port": ports(c.vm)[0]["id"]}]))
    refused(400, "already in use", lambda: boot("x", [{"uuid": blue, "fixed_ip": FIXED}]))
    refused(400, "requires a subnet", lambda: boot("x", [{"uuid": make("network", name="bare")["id"]}]))
    limit = call("GET", "network", "/quotas/" + c.project, who=admin)["quota"]["port"]
    used = len(call("GET", "network", "/ports?project_id=" + c.project, who=admin)["ports"])
    call("PUT", "network", "/quotas/" + c.project, {"quota": {"port": used}}, admin)
    refused(403, "Maximum number of ports", lambda: boot("x", [{"uuid": blue}]))
    call("PUT", "network", "/quotas/" + c.project, {"quota": {"port": limit}}, admin)
    make("port", network_id=c.nets["small"])
    no_trace(boot("full", [{"uuid": c.nets["small"]}], "ERROR"))
    no_trace(boot("foreign", [{"uuid": blue, "fixed_ip": "10.9.9.9"}], "ERROR"))


@case
def a_network_goes_while_its_server_is_made():
    net = make("network", name="gone")["id"]
    make("subnet", network_id=net, ip_version=4, cidr="10.88.0.0/24")
    body = {"name": "gone", "imageRef": c.image, "flavorRef": c.flavors["tiny"], "networks": [{"uuid": net}]}
    server = call("POST", "compute", "/servers", {"server": body})["server"]["id"]
    call("DELETE", "network", "/networks/" + net)
    settled(server, "ERROR")
    no_trace(server)


@case
def a_port_goes_under_its_server():
    c.two = boot("vm2", [{"port": c.mine}, {"uuid": c.nets["blue"]}])
    [made] = [p["id"] for p in ports(c.two) if p["id"] != c.mine]
    call("DELETE", "network", "/ports/" + made)
    until("the server knows", lambda: list(show(c.two)["addresses"]) == ["green"], 60)
    plugged(c.two, "10.10.10.77")


@case
def servers_go_and_leave_what_was_there_before():
    call("DELETE", "compute", "/servers/" + c.two)
    gone(c.two)
    [p] = [p for p in call("GET", "network", "/ports", who=admin)["ports"] if p["id"] == c.mine]
    assert (p["device_id"], p["device_owner"], p["binding:host_id"], p["status"]) == ("", "", "", "DOWN"), p


@case
def it_reboots_stops_and_starts():
    goes_through(reboot={"type": "HARD"})
    plugged(c.vm, FIXED)
    goes_through("SHUTOFF", **{"os-stop": None})
    until("DOWN", lambda: [p["status"] for p in ports(c.vm)] == ["DOWN"], 30)
    goes_through(**{"os-start": None})
    plugged(c.vm, FIXED)
    pings("probe", FIXED)


@case
def it_is_suspended_and_resumed():
    goes_through("SUSPENDED", suspend=None)
    goes_through(resume=None)
    plugged(c.vm, FIXED)
    pings("probe", FIXED)


@case
def it_is_rebuilt():
    act(c.vm, rebuild={"imageRef": c.image})
    settled(c.vm)
    plugged(c.vm, FIXED)
    pings("probe", FIXED)


@case
def it_migrates_cold():
    to = elsewhere()
    goes_through("VERIFY_RESIZE", migrate=None)
    goes_through(confirmResize=None)
    assert show(c.vm)["OS-EXT-SRV-ATTR:host"] == to
    plugged(c.vm, FIXED)
    pings("probe", FIXED)


@case
def it_is_resized_and_goes_back():
    home = show(c.vm)["OS-EXT-SRV-ATTR:host"]
    goes_through("VERIFY_RESIZE", resize={"flavorRef": c.flavors["larger"]})
    plugged(c.vm, FIXED)
    goes_through(revertResize=None)
    assert show(c.vm)["OS-EXT-SRV-ATTR:host"] == home
    plugged(c.vm, FIXED)
    pings("probe", FIXED)


@case
def it_is_shelved_and_unshelved():
    goes_through("SHELVED_OFFLOADED", shelve=None)
    until("DOWN", lambda: [p["status"] for p in ports(c.vm)] == ["DOWN"], 30)
    goes_through(unshelve=None)
    plugged(c.vm, FIXED)
    pings("probe", FIXED)


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
