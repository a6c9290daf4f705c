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

"""How a listener and its pool are judged alike: Kuryr gives both one name and one protocol."""

from kuryrsctp import naming
from kuryrsctp.checks.catalogue import Verdict, fail, ok, skip, warn
from kuryrsctp.checks.subjects import ListenerSubject


def name(subject: ListenerSubject, given: str) -> Verdict:
    """Compare the name of a listener, or of its pool, with the maker's name for it."""
    if subject.is_occm:
        # Of any of its Services: several may share a load balancer.
        if naming.is_occm_part(given):
            return ok(given)
        return warn(f"'{given}' is no name that cloud-provider-openstack gives")
    service = subject.service_name
    if service is None:
        return skip("the load balancer's name is not Kuryr's")
    expected = service.listener("SCTP", subject.listener.protocol_port)
    return ok(given) if given == expected else warn(f"'{given}', where Kuryr has '{expected}'")


def protocol(given: str) -> Verdict:
    """Judge the protocol of either."""
    return ok(given) if given == "SCTP" else fail(f"{given}, not SCTP")
