# SPDX-License-Identifier: Apache-2.0

"""What each of Octavia's providers can do: the one place that everybody asks. Pure.

A new provider is a module with a Provider, and its place in PROVIDERS.
"""

from kuryrsctp.providers import others
from kuryrsctp.providers.amphora import AMPHORA
from kuryrsctp.providers.others import F5, LOXILB
from kuryrsctp.providers.ovn import OVN
from kuryrsctp.providers.provider import Provider

PROVIDERS = (AMPHORA, OVN, LOXILB, F5)

_BY_NAME = {name: provider for provider in PROVIDERS for name in provider.names}


def provider_named(name: str) -> Provider:
    """Return the provider that Octavia calls so."""
    return _BY_NAME.get(name) or others.unknown(name)
