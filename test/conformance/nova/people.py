"""Makes the users and projects that Nova and its neighbours come as, and the catalogue. usage: people.py ADDRESS"""

import sys

import openstack

at = sys.argv[1]
identity = openstack.connect(
    auth=dict(auth_url=f"http://{at}:5000/v3", username="admin", password="secret", project_name="admin", user_domain_id="default", project_domain_id="default"),
    region_name="RegionOne",
).identity  # fmt: skip


def role(name):
    return identity.find_role(name) or identity.create_role(name=name)


def person(name, project, *roles):
    user = identity.create_user(name=name, password="secret", domain_id="default", default_project_id=project.id)
    for r in roles:
        identity.assign_project_role_to_user(project, user, role(r))


service = identity.create_project(name="service", domain_id="default")
for name in ("nova", "placement", "glance", "neutron", "weft"):
    person(name, service, "admin", "service")
person("demo", identity.create_project(name="demo", domain_id="default"), "member")
for kind, port in (("network", 9696), ("compute", "8774/v2.1"), ("placement", 8778), ("image", 9292)):
    made = identity.create_service(type=kind, name=kind)
    for face in ("public", "internal"):
        identity.create_endpoint(service_id=made.id, interface=face, url=f"http://{at}:{port}", region_id="RegionOne")
