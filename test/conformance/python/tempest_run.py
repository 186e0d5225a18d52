"""Runs tempest's suites by run.py, which lies beside this and has the same arguments.

Two things around the tests are not as they come: before it deletes a subnet, tempest's client waits ten seconds for
agents of Neutron's; and where a suite makes or removes a project of its own it also looks for security groups, which
weft has none of yet, though its extension is not listed. Both are left out. The tests are as they come.
"""

import os
import runpy
import types

from neutron_tempest_plugin.services.network.json import network_client
from tempest.lib.common import dynamic_creds
from tempest.lib.services.network import subnets_client

subnets_client.time = types.SimpleNamespace(sleep=lambda seconds: None)
network_client.NetworkClientJSON.list_security_groups = lambda self, **filters: {"security_groups": []}
dynamic_creds.DynamicCredentialProvider.cleanup_default_secgroup = lambda self, *args: None

runpy.run_path(os.path.join(os.path.dirname(__file__), "run.py"), run_name="__main__")
