# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The job behind `verify`: read what Octavia holds, and judge it."""

from datetime import datetime, timezone

from openstack.connection import Connection

from kuryrsctp import cloud, naming, octavia
from kuryrsctp.checks import Scene, run
from kuryrsctp.deadline import Deadline
from kuryrsctp.model import Finding, Report, Status


def verify(
    connection: Connection,
    service: str,
    *,
    namespace: str = naming.DEFAULT_NAMESPACE,
    timeout: float = cloud.TIMEOUT,
) -> Report:
    """Judge what Octavia holds for one service.

    `service` is NAME (in `namespace`), NAMESPACE/NAME, or a load balancer's ID;
    `timeout` bounds all API calls together, in seconds.

    Raises UsageError for a name that cannot be one, and CloudError where the cloud
    does not let itself be asked. A missing or ambiguous service is a finding.
    """
    wanted = naming.parse_service(service, namespace)
    scene = _look(connection, wanted, Deadline(timeout))
    if any(one.name == str(naming.KUBERNETES_API) for one in scene.found):
        return Report(str(wanted), (_NOT_KURYRS,))
    return Report(str(wanted), run(scene))


_NOT_KURYRS = Finding(
    check="load-balancer-exists",
    status=Status.SKIP,
    resource=str(naming.KUBERNETES_API),
    detail="made by the cluster's installer for its API, not by Kuryr: not judged",
)


def _look(connection: Connection, service: naming.ServiceRef, deadline: Deadline) -> Scene:
    """Read what the checks need to know of the service."""
    now = datetime.now(timezone.utc)
    found, others = octavia.look_up(connection, service, deadline)
    if len(found) == 1:
        found = (octavia.read_parts(connection, found[0], deadline),)
    return Scene(service, now, found, others)
