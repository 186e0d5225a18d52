"""Serves Debian's own Keystone on loopback, in a folder of its own, for a test.

usage: serve.py FOLDER PASSWORD

It makes the database and the keys, the project and user "admin" with the password, prints "ready PORT", and serves until
its standard input ends.
"""

import io
import json
import os
import socketserver
import sqlite3
import sys
import threading
import wsgiref.simple_server
import wsgiref.util

from keystone.cmd import bootstrap
from keystone.common import fernet_utils
from keystone.common.sql import upgrades
from keystone.server.wsgi import initialize_public_application

folder, password = sys.argv[1:]
sys.argv[1:] = []
config = os.path.join(folder, "keystone.conf")
with open(config, "w") as f:
    f.write(
        f"""[DEFAULT]
log_file = {folder}/keystone.log
[database]
connection = sqlite:///{folder}/keystone.db
[fernet_tokens]
key_repository = {folder}/tokens
[fernet_receipts]
key_repository = {folder}/receipts
[credential]
key_repository = {folder}/credentials
[cache]
enabled = true
backend = oslo_cache.dict
[token]
caching = false
[revoke]
caching = false
[catalog]
caching = false
[identity]
password_hash_rounds = 4
"""
    )
os.environ["OS_KEYSTONE_CONFIG_FILES"] = config
# A process that serves a connection remembers what it reads, which makes a tenth of the work of checking a token, and what
# the first one knew of the administrator. What is revoked is always looked up.


class Server(socketserver.ForkingMixIn, wsgiref.simple_server.WSGIServer):
    """Serves each connection in a process of its own: clients open some that they do not use."""

    def handle_error(self, *args):
        pass


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    timeout = 10  # seconds, for what comes over such a connection

    def log_message(self, *args):
        pass


server = wsgiref.simple_server.make_server("127.0.0.1", 0, None, Server, Quiet)


def prepare():
    """Makes what is there before a Keystone serves."""
    for name, group in (("tokens", "fernet_tokens"), ("receipts", "fernet_receipts"), ("credentials", "credential")):
        keys = fernet_utils.FernetUtils(os.path.join(folder, name), 3, group)
        os.mkdir(keys.key_repository, 0o700)
        keys.initialize_key_repository()
    # Readers must not keep a writer of the same process out.
    sqlite3.connect(os.path.join(folder, "keystone.db")).execute("PRAGMA journal_mode=WAL")
    initialize_public_application()
    upgrades.offline_sync_database_to_version()
    bootstrap.backends.load_backends = lambda: None  # they are there already
    admin = bootstrap.Bootstrapper()
    admin.admin_username = admin.project_name = admin.admin_role_name = "admin"
    admin.admin_password = password
    admin.service_name, admin.region_id = "keystone", "RegionOne"
    admin.admin_url = admin.public_url = admin.internal_url = f"http://127.0.0.1:{server.server_port}/v3"
    admin.immutable_roles = False
    admin.bootstrap()


def end():
    """Leaves with whoever started this."""
    sys.stdin.read()
    os._exit(0)


# In a process of its own, so that it leaves no transaction open in the one that serves.
child = os.fork()
if child == 0:
    prepare()
    os._exit(0)
_, status = os.waitpid(child, 0)
if status != 0:
    sys.exit("keystone could not be prepared")
application = initialize_public_application()


def warm(method, path, token="", body=b"", subject=""):
    """Does a request here, so that what it loads is there in every process that serves one."""
    seen = {}
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_X_AUTH_TOKEN": token, "HTTP_X_SUBJECT_TOKEN": subject, "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body),
    }  # fmt: skip
    wsgiref.util.setup_testing_defaults(environ)
    list(application(environ, lambda status, headers, exc=None: seen.update({k.lower(): v for k, v in headers})))
    return seen.get("x-subject-token", "")


here = {"name": "Default"}
user = {"name": "admin", "domain": here, "password": password}
scope = {"project": {"name": "admin", "domain": here}}
login = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
token = warm("POST", "/v3/auth/tokens", body=json.dumps(login).encode())
warm("GET", "/v3/users", token)
warm("GET", "/v3/auth/tokens", token, subject=token)
server.set_app(application)
threading.Thread(target=end, daemon=True).start()
print("ready", server.server_port, flush=True)
server.serve_forever()
