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

"""The floating IP of a VIP (https://docs.openstack.org/api-ref/network/v2/#floating-ips)."""

from openstack.connection import Connection

from kuryrsctp import cloud
from kuryrsctp.deadline import Deadline
from kuryrsctp.errors import ServiceLacksFloatingIp
from kuryrsctp.model import LoadBalancer


def floating_ip(connection: Connection, load_balancer: LoadBalancer) -> str:
    """Return the floating IP that is bound to the load balancer's VIP port.

    Raises ServiceLacksFloatingIp, or CloudError when an API fails.
    """
    deadline = Deadline(cloud.TIMEOUT)
    port = load_balancer.vip_port_id
    network = cloud.call(lambda: connection.network, deadline)
    found = cloud.call(lambda: list(network.ips(port_id=port)), deadline) if port else []
    addresses = [str(one.floating_ip_address) for one in found if one.floating_ip_address]
    if not addresses:
        raise ServiceLacksFloatingIp(
            f"no floating IP is bound to VIP {load_balancer.vip_address} of load balancer"
            f" '{load_balancer.name}': Kuryr binds one only for a Service of type LoadBalancer"
        )
    return addresses[0]
