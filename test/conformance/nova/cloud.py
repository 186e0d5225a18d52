"""What cases.py needs of the cloud: its APIs as their users see them, and its machines."""

import json
import os
import re
import subprocess
import sys
import time

from keystoneauth1 import identity, session

at = sys.argv[1]
BASE = {"network": f"http://{at}:9696/v2.0", "compute": f"http://{at}:8774/v2.1", "image": f"http://{at}:9292/v2"}


def login(user):
    auth = identity.V3Password(auth_url=f"http://{at}:5000/v3", username=user, password="secret", project_name=user,
                               user_domain_id="default", project_domain_id="default")  # fmt: skip
    return session.Session(auth=auth)


demo, admin = login("demo"), login("admin")


class Refused(Exception):
    def __init__(self, status, text):
        super().__init__(f"{status} {text}")
        self.status, self.text = status, text


def call(method, service, path, body=None, who=demo, **more):
    answer = who.request(BASE[service] + path, method, json=body, raise_exc=False, headers={"OpenStack-API-Version": "compute 2.90"}, **more)
    if answer.status_code > 299:
        raise Refused(answer.status_code, answer.text)
    return answer.json() if answer.content and "json" in answer.headers.get("Content-Type", "") else {}


def make(kind, who=demo, **attrs):
    """Makes an object of the network API."""
    return call("POST", "network", f"/{kind}s", {kind: attrs}, who)[kind]


def ports(server):
    return call("GET", "network", f"/ports?device_id={server}", who=admin)["ports"]


def show(server):
    return call("GET", "compute", f"/servers/{server}", who=admin)["server"]


def servers():
    return call("GET", "compute", "/servers/detail?all_tenants=1", who=admin)["servers"]


def act(server, **action):
    """An action of the administrator's."""
    call("POST", "compute", f"/servers/{server}/action", action, admin)


def until(what, check, limit=120):
    """Waits until check says something true, and gives that."""
    end = time.monotonic() + limit
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {limit} s in vain: {what}")
        time.sleep(0.3)


def settled(server, wanted="ACTIVE"):
    """Waits until a server has a status, and does nothing more."""

    def check():
        s = show(server)
        if s["status"] == "ERROR" and wanted != "ERROR":
            raise AssertionError(f"{s['name']}: {s.get('fault', {}).get('message')}")
        return s if s["status"] == wanted and s["OS-EXT-STS:task_state"] is None else None

    return until(f"server {wanted}", check)


def gone(server):
    def check():
        try:
            show(server)
        except Refused as e:
            return e.status == 404

    until("the server is gone", check)


def on(machine, *argv):
    done = subprocess.run([os.environ["WEFT"], "lab", "--name", os.environ["LAB"], "exec", machine, "--", *argv], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def lab(*argv):
    subprocess.run([os.environ["WEFT"], "lab", "--name", os.environ["LAB"], *argv], check=True, capture_output=True)


def pings(machine, address):
    until(f"{machine} hears {address}", lambda: on(machine, "ping", "-c1", "-W1", address)[0] == 0)


class Listening:
    """Counts what a guest's answers to ten pings a second are without."""

    def __init__(self, machine, address):
        argv = [os.environ["WEFT"], "lab", "--name", os.environ["LAB"], "exec", machine, "--", "ping", "-i", "0.1", "-w", "120", address]
        self.ping = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def lost(self):
        self.ping.send_signal(2)
        out, _ = self.ping.communicate()
        seen = [int(n) for n in re.findall(r"icmp_seq=(\d+) ttl", out)]
        return sorted(set(range(1, max(seen))) - set(seen)) if seen else None


class Results:
    def __init__(self, path, wanted):
        self.out, self.wanted = open(path, "w"), re.compile(wanted)

    def tell(self, name, outcome, why=""):
        print(f"{time.strftime('%T')} {outcome} {name} {why}", flush=True)
        self.out.write(json.dumps({"id": name, "outcome": outcome, "why": why}) + "\n")
        self.out.flush()
