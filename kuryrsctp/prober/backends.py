# SPDX-License-Identifier: Apache-2.0

"""Which member do the names in answers stand for? No I/O."""

from collections.abc import Iterable

from kuryrsctp import makers
from kuryrsctp.model import Member

# A pod's name may be longer than a hostname: the kubelet cuts it, and what ends the rest.
_MAX_HOSTNAME_LENGTH = 63


class MemberNames:
    """The names by which the members of a target are known.

    A name that several members have stands for none of them: endpoints without a target share
    the Service's name, and pods of two namespaces may have the same.
    """

    def __init__(self, members: Iterable[Member]) -> None:
        """Read the names of the members."""
        members = tuple(members)
        # Behind a node's port any pod may answer, so its name is not known beforehand.
        self._are_pods = bool(members) and all(map(makers.is_pod, members))
        self._members: dict[str, set[Member]] = {}
        for member in members:
            for name in {_hostname(makers.host_of(member)), _hostname(member.name)} - {""}:
                self._members.setdefault(name, set()).add(member)

    def member_name(self, backend: str) -> str:
        """Return the name of the member that a backend is, "" if that is not known."""
        members = self._members.get(_hostname(backend), ())
        return next(iter(members)).name if len(members) == 1 else ""

    def is_stranger(self, backend: str) -> bool:
        """Return whether a backend is none of the members, as far as names tell."""
        return self._are_pods and _hostname(backend) not in self._members


def _hostname(name: str) -> str:
    if len(name) <= _MAX_HOSTNAME_LENGTH:
        return name
    return name[:_MAX_HOSTNAME_LENGTH].rstrip("-.")
