# SPDX-License-Identifier: Apache-2.0

"""What is known of providers, by the names that Octavia has for them."""

import pytest

from kuryrsctp.providers import PROVIDERS, provider_named
from kuryrsctp.providers.provider import Provider, TrafficSource
from kuryrsctp.verifier.checks import CATALOGUE


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("amphora", "an amphora"),
        ("amphorav2", "an amphora"),
        ("octavia", "an amphora"),
        ("ovn", "OVN"),
        ("brick", "provider 'brick'"),
        ("", "provider ''"),
    ],
)
def test_a_provider_is_known_by_any_of_its_names(name: str, title: str) -> None:
    assert provider_named(name).title == title


def test_no_name_belongs_to_two_providers() -> None:
    names = [name for provider in PROVIDERS for name in provider.names]
    assert len(names) == len(set(names))


def test_of_an_unknown_provider_nothing_is_claimed() -> None:
    brick = provider_named("brick")
    assert not brick.is_known_to_balance_sctp
    assert brick.supports("SOURCE_IP_PORT")
    assert brick.supports("ROUND_ROBIN")
    assert brick.traffic_source is TrafficSource.UNKNOWN


def test_an_algorithm_is_supported_by_the_provider_that_has_it() -> None:
    amphora, ovn = provider_named("amphora"), provider_named("ovn")
    assert (amphora.supports("ROUND_ROBIN"), ovn.supports("ROUND_ROBIN")) == (True, False)
    assert (amphora.supports("SOURCE_IP_PORT"), ovn.supports("SOURCE_IP_PORT")) == (False, True)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.title)
def test_a_provider_adds_to_checks_that_there_are(provider: Provider) -> None:
    assert {*provider.causes, *provider.remedies} <= set(CATALOGUE)
