# SPDX-License-Identifier: Apache-2.0

"""The prepared cloud: databases and keys, kept until what they are made of changes."""

import base64
import compileall
import contextlib
import datetime
import fcntl
import hashlib
import os
import secrets
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.support.cloud import ROOT, processes, providers, servers
from tests.support.cloud.settings import SERVERS, Settings

CACHE = ROOT / ".lab" / "cloud"
STEP_TIMEOUT = 300.0  # seconds


def ensure(provider: str) -> Path:
    """Return the directory of the prepared cloud, and make it if there is none.

    :param provider: who moves the packets; each has a prepared cloud of its own.
    :raises Failed: it cannot be made.
    """
    providers.of(provider).require()
    wanted = CACHE / f"{provider}-{_digest()}"
    if wanted.is_dir():
        return wanted
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not wanted.is_dir():  # perhaps somebody else was making it
            _remove_others(provider)
            new = Path(tempfile.mkdtemp(prefix="new-", dir=CACHE))
            _make(new, wanted, provider)
    return wanted


def state(prepared: Path) -> Path:
    """Return what a cloud starts from, to be copied."""
    return prepared / "state"


def _digest() -> str:
    """Name the inputs: this package, the versions of what it runs, and the interpreter."""
    digest = hashlib.sha256(f"{sys.version}\n{sys.prefix}\n".encode())
    package = Path(__file__).parent
    inputs = sorted([*package.glob("*.py"), *package.glob("plugins/*/*.txt")])
    for path in [ROOT / "tests" / "constraints.txt", *inputs]:
        digest.update(f"{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _remove_others(provider: str) -> None:
    """Remove what is out of date: a prepared cloud of other inputs, or one that was never done."""
    kept = tuple(f"{name}-" for name in providers.NAMES if name != provider)
    for path in CACHE.iterdir():
        if path.is_dir() and not path.name.startswith(kept):
            shutil.rmtree(path, ignore_errors=True)


def _make(new: Path, wanted: Path, provider: str) -> None:
    """Make everything aside, then move it where it belongs in one step."""
    try:
        compileall.compile_dir(Path(__file__).parent, quiet=2)
        with _step("importing the servers"):
            servers.import_shared()
        # The path of a socket has 107 characters at most, and a checkout's may be longer.
        with tempfile.TemporaryDirectory(prefix="cloud-") as scratch:
            _fill(Path(scratch), provider)
            _keep(Path(scratch), state(new), provider)
        new.rename(wanted)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _fill(scratch: Path, provider: str) -> None:
    """Start the servers on empty databases and make everything through their APIs."""
    from tests.support.cloud import databases, seed

    os.environ["LAB_AMPHORA_DIR"] = str(scratch / "amphora")
    os.environ.pop("LAB_AMPHORA_HOOK", None)
    sockets = {name: servers.listen("127.0.0.1", 0) for name in SERVERS}
    urls = {name: servers.url(opened) for name, opened in sockets.items()}
    settings = Settings(scratch, urls, provider=provider)
    _make_keys(settings.secrets)
    settings.write_clouds()
    settings.management_network.write_text("")

    def run(text: str, function: Callable[[Settings], None]) -> None:
        with _step(text):
            log = scratch / "prepare.log"
            child = processes.fork(text, log, partial(function, settings))
            processes.finish(child, log, STEP_TIMEOUT)

    with (
        settings.adaptation().beside(scratch),
        servers.running(settings, sockets) as started,
    ):
        for name in SERVERS:
            settings.write(name)
            run(f"creating {name}'s database", getattr(databases, name))
        with _step("starting keystone and neutron"):
            started.start(("keystone", "neutron"))
        run("making accounts", seed.accounts)
        run("making networks", seed.networks)
        with _step("starting octavia"):
            started.start(("octavia",))
        run("making load balancers", seed.load_balancers)


def _keep(scratch: Path, kept: Path, provider: str) -> None:
    """Keep the databases, without their write-ahead logs, and what belongs to their content."""
    kept.mkdir()
    for name in SERVERS:
        target = kept / f"{name}.db"
        with contextlib.closing(sqlite3.connect(scratch / target.name)) as database:
            database.execute("VACUUM INTO ?", (str(target),))
        with contextlib.closing(sqlite3.connect(target)) as database:
            database.execute("PRAGMA journal_mode=WAL")
    for name in ("management-network", "secrets", *providers.of(provider).kept):
        shutil.move(scratch / name, kept / name)


@contextlib.contextmanager
def _step(text: str) -> Iterator[None]:
    print(f"cloud: {text} ...", end="", file=sys.stderr, flush=True)
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        print(" failed", file=sys.stderr)
        raise
    print(f" {time.monotonic() - begun:.1f} s", file=sys.stderr)


def _make_keys(directory: Path) -> None:
    """Make Keystone's key repositories and the certificate authority of the amphorae."""
    directory.mkdir(parents=True)
    for repository in ("fernet-keys", "credential-keys"):
        keys = directory / repository
        keys.mkdir(mode=0o700)
        for index in "01":  # the staged key and the primary one
            key = keys / index
            key.write_bytes(base64.urlsafe_b64encode(secrets.token_bytes(32)))
            key.chmod(0o600)
    _make_certificate_authority(directory)


def _make_certificate_authority(directory: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "lab")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (directory / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = directory / "ca.key"
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    private.chmod(0o600)
