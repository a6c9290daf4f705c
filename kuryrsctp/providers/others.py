# SPDX-License-Identifier: Apache-2.0

"""Providers of which nothing is known."""

from kuryrsctp.providers.provider import Provider


def unknown(name: str) -> Provider:
    """Return what is known of a provider that is in none of the tables: its name."""
    return Provider(title=f"provider '{name}'", names=frozenset({name}))
