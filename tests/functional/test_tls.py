# SPDX-License-Identifier: Apache-2.0

"""Certificates, and http where there is https: named for what it is, at the first try."""

import json
from pathlib import Path

import openstack.config
import pytest
from openstack.connection import Connection

import kuryrsctp
from kuryrsctp.errors import CloudError
from tests.support.certificates import Authority
from tests.support.cloud import Cloud
from tests.support.shell import Shell
from tests.support.struggling_proxy import Front, in_front_of, moved

LIST = ("kuryr", "sctp", "list", "-f", "json")
SERVICES = ["keystone", "octavia", "neutron"]
ENDPOINT = (
    "OS_AUTH_URL (`auth_url` in clouds.yaml) or the endpoint in the catalog (`openstack catalog"
    " list`)"
)
CA_FILE = "--os-cacert, OS_CACERT or `cacert` in clouds.yaml"
INSECURE = "--insecure accepts any certificate"

UNTRUSTED = {
    "self-signed certificate": {"own": True},
    "unable to get local issuer certificate": {},
    "certificate has expired": {"ended": True},
    "IP address mismatch, certificate is not valid for '127.0.0.1'": {
        "names": ["cloud.example"],
    },
}
CURES = {
    "self-signed certificate": f"give the file of its CA with {CA_FILE}",
    "unable to get local issuer certificate": f"give the file of its CA with {CA_FILE}",
    "certificate has expired": "check this host's clock, or ask for a new certificate; a new CA"
    f" goes to {CA_FILE}",
    "IP address mismatch, certificate is not valid for '127.0.0.1'": "use the name that the"
    f" certificate has in {ENDPOINT}, or give the CA of another certificate with {CA_FILE}",
}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Make a CA that nobody knows."""
    return Authority(tmp_path)


@pytest.mark.parametrize("reason", UNTRUSTED)
@pytest.mark.parametrize("api", SERVICES)
def test_a_certificate_that_is_not_trusted_is_named_with_its_cure_after_one_try(
    shell: Shell, cloud: Cloud, authority: Authority, api: str, reason: str
) -> None:
    context = authority.server(**UNTRUSTED[reason])
    # Of the CA that the expired certificate and the one for another name come from.
    trusted = {} if "issuer" in reason else {"OS_CACERT": str(authority.path)}
    with in_front_of(cloud, shell.home, **{api: Front(tls=context)}) as proxy:
        done = shell.verify("sctp-demo", env=proxy.environ | trusted)
    assert done.stderr == (
        f"the certificate of {proxy.urls[api]} is not trusted ({reason}): {CURES[reason]};"
        f" {INSECURE}\n"
    )
    assert (done.returncode, done.stdout) == (1, "")
    # Neutron is asked for three lists side by side.
    assert proxy.connections.count(api) == (3 if api == "neutron" else 1)


def test_with_its_ca_or_insecure_all_is_as_without_tls(
    shell: Shell, cloud: Cloud, authority: Authority
) -> None:
    expected = shell.verify("sctp-demo", "-f", "json", env=cloud.environ())
    front = Front(tls=authority.server())
    with in_front_of(cloud, shell.home, keystone=front, octavia=front, neutron=front) as proxy:
        with_ca = proxy.environ | {"OS_CACERT": str(authority.path)}
        trusting = shell.verify("sctp-demo", "-f", "json", env=with_ca)
        insecure = shell.openstack(
            *("--insecure", "kuryr", "sctp", "verify", "sctp-demo", "-f", "json"),
            env=proxy.environ,
        )
    assert (trusting.returncode, trusting.stdout, trusting.stderr) == (0, expected.stdout, "")
    assert (insecure.returncode, insecure.stdout) == (0, expected.stdout)


@pytest.mark.parametrize("api", ["keystone", "octavia"])
def test_https_to_an_http_port_is_named_after_one_try(shell: Shell, cloud: Cloud, api: str) -> None:
    with in_front_of(cloud, shell.home) as proxy:
        wrong = proxy.urls[api].replace("http://", "https://")
        config = Path(proxy.environ["OS_CLIENT_CONFIG_FILE"])
        config.write_text(config.read_text().replace(proxy.urls[api], wrong))
        proxy.replaced[cloud.urls[api].encode() + b'"'] = wrong.encode() + b'"'
        done = shell.verify("sctp-demo", env=proxy.environ)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"{wrong} does not speak TLS (wrong version number): if it is an http server, write"
        f" http:// in {ENDPOINT}\n"
    )
    assert proxy.connections.count(api) == 1


def test_http_to_an_https_port_is_named(shell: Shell, cloud: Cloud, authority: Authority) -> None:
    with in_front_of(cloud, shell.home, keystone=Front(tls=authority.server())) as proxy:
        wrong = proxy.urls["keystone"].replace("https://", "http://")
        config = Path(proxy.environ["OS_CLIENT_CONFIG_FILE"])
        config.write_text(config.read_text().replace(proxy.urls["keystone"], wrong))
        done = shell.openstack(*LIST, env=proxy.environ)
    assert (done.returncode, done.stdout) == (1, "")
    # Python's server hangs up; what others answer is proven with the fake API.
    assert done.stderr == (
        f"no answer from {wrong}/v3/auth/tokens (Remote end closed connection without response):"
        " check its URL (https?), the network and any proxy, then ask the cloud's operator\n"
    )


@pytest.mark.parametrize("content", [None, "", "not a certificate"])
def test_a_file_of_ca_certificates_that_cannot_be_used_is_named(
    shell: Shell, cloud: Cloud, authority: Authority, content: str | None
) -> None:
    path = shell.home / "cas.pem"
    if content is not None:
        path.write_text(content)
    with in_front_of(cloud, shell.home, octavia=Front(tls=authority.server())) as proxy:
        done = shell.verify("sctp-demo", env=proxy.environ | {"OS_CACERT": str(path)})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert CA_FILE in done.stderr
    assert proxy.connections.count("octavia") <= 1


def test_an_api_that_moved_from_http_to_https_is_followed(
    shell: Shell, cloud: Cloud, authority: Authority
) -> None:
    expected = shell.openstack(*LIST, env=cloud.environ())
    front = Front(tls=authority.server())
    old = shell.home / "old"
    old.mkdir()
    with (
        in_front_of(cloud, shell.home, keystone=front, octavia=front, neutron=front) as new,
        in_front_of(cloud, old) as proxy,
    ):
        for name, url in new.urls.items():
            proxy.moved_to[cloud.urls[name].removeprefix("http://")] = url
        proxy.trouble = lambda number, path: moved
        done = shell.openstack(*LIST, env=proxy.environ | {"OS_CACERT": str(authority.path)})
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == json.loads(expected.stdout)


def test_python_has_the_same_sentence(cloud: Cloud, authority: Authority, tmp_path: Path) -> None:
    with in_front_of(cloud, tmp_path, keystone=Front(tls=authority.server(own=True))) as proxy:
        files = [proxy.environ["OS_CLIENT_CONFIG_FILE"]]
        region = openstack.config.OpenStackConfig(config_files=files).get_one("kuryr")
        with (
            Connection(config=region) as connection,
            pytest.raises(CloudError, match=r"is not trusted \(self-signed certificate\): give"),
        ):
            kuryrsctp.list_services(connection)
