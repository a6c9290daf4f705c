# SPDX-License-Identifier: Apache-2.0

"""Providers of which little or nothing is known."""

from kuryrsctp.providers.provider import Provider

# Their documentation says that they balance SCTP; how is not known here.
LOXILB = Provider(title="LoxiLB", names=frozenset({"loxilb"}), is_known_to_balance_sctp=True)
F5 = Provider(title="F5", names=frozenset({"f5"}), is_known_to_balance_sctp=True)


def unknown(name: str) -> Provider:
    """Return what is known of a provider that is in none of the tables: its name."""
    return Provider(title=f"provider '{name}'", names=frozenset({name}))
