"""Stands ready to run the commands openstack and neutron without the second that each start of them takes.

usage: warm.py FOLDER

It puts programs "openstack" and "neutron" into FOLDER. What they are told to do is done by Debian's own code, in a
process of its own that has everything loaded. It prints "ready", and ends with its standard input.
"""

import importlib
import json
import os
import pkgutil
import socket
import sys
import threading

import keystoneauth1.loading
import neutronclient.shell
import openstack.connection
import openstackclient.network.v2
import openstackclient.shell

STARTER = """#!/usr/bin/python3 -ISE
import json, os, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect({path!r})
what = json.dumps([os.path.basename(sys.argv[0]), sys.argv[1:], dict(os.environ), os.getcwd()]).encode()
socket.send_fds(s, [len(what).to_bytes(8, "big")], [0, 1, 2])
s.sendall(what)
code = s.recv(1)
sys.exit(code[0] if code else 70)
"""

MAIN = {"openstack": openstackclient.shell.main, "neutron": neutronclient.shell.main}


# What the commands would load themselves, one by one, when they are named.
for loaded in pkgutil.iter_modules(openstackclient.network.v2.__path__, "openstackclient.network.v2."):
    importlib.import_module(loaded.name)
for loaded in ("openstackclient.network.client", "openstackclient.identity.v3.token", "openstackclient.identity.client"):
    importlib.import_module(loaded)
keystoneauth1.loading.get_available_plugin_loaders()


def command(connection):
    """Becomes the command that was asked for."""
    head, fds, _, _ = socket.recv_fds(connection, 8, 3)
    want = int.from_bytes(head, "big")
    what = b""
    while len(what) < want:
        what += connection.recv(want - len(what))
    name, argv, environment, folder = json.loads(what)
    for to, fd in enumerate(fds):
        os.dup2(fd, to)
        os.close(fd)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = [name] + argv
    sys.exit(MAIN[name](argv))


def run(connection):
    """Runs one command in a process of its own and hands its exit status on."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            command(connection)
        except SystemExit as e:
            code = e.code if isinstance(e.code, int) else int(e.code is not None)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code & 255)
    _, status = os.waitpid(child, 0)
    connection.send(bytes([os.waitstatus_to_exitcode(status) & 255]))


def end():
    """Leaves with whoever started this."""
    sys.stdin.read()
    os._exit(0)


def main():
    folder = os.path.abspath(sys.argv[1])
    path = os.path.join(folder, "socket")
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen()
    for name in MAIN:
        starter = os.path.join(folder, name)
        with open(starter, "w", encoding="utf-8") as f:
            f.write(STARTER.format(path=path))
        os.chmod(starter, 0o755)
    threading.Thread(target=end, daemon=True).start()
    print("ready", flush=True)
    while True:
        connection, _ = server.accept()
        child = os.fork()
        if child == 0:
            server.close()
            run(connection)
            os._exit(0)
        connection.close()
        while True:  # those that have ended
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    break
            except ChildProcessError:
                break


main()
