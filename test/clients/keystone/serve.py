"""Serves Debian's own Keystone on loopback, in a folder of its own, for a test.

usage: serve.py FOLDER PASSWORD

It makes the database and the keys, the project and user "admin" with the password, prints "ready PORT", and serves until
its standard input ends.
"""

import os
import sqlite3
import sys
import threading
import wsgiref.simple_server

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
enabled = false
[identity]
password_hash_rounds = 4
"""
    )
os.environ["OS_KEYSTONE_CONFIG_FILES"] = config


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *args):
        pass


server = wsgiref.simple_server.make_server("127.0.0.1", 0, None, handler_class=Quiet)


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
server.set_app(initialize_public_application())
threading.Thread(target=end, daemon=True).start()
print("ready", server.server_port, flush=True)
server.serve_forever()
