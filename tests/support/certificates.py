# SPDX-License-Identifier: Apache-2.0

"""Certificates of servers on 127.0.0.1, good ones and others, made for one test."""

import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


class Authority:
    """A CA, whose certificate is in the file `path`; it signs certificates of servers."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("CA of a test")
        self.path = directory / "ca.pem"
        builder = _builder(self._name, self._key, self._name).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        key_id = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        signed = builder.add_extension(key_id, critical=False).sign(self._key, hashes.SHA256())
        self.path.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def server(
        self, names: Sequence[str] = ("127.0.0.1",), *, ended: bool = False, own: bool = False
    ) -> ssl.SSLContext:
        """Return what a server needs that has a certificate for these addresses and names.

        `ended` for one that has expired, `own` for one that it signed itself.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name("server of a test")
        issuer, signing = (subject, key) if own else (self._name, self._key)
        signed = (
            _builder(subject, key, issuer, ended=ended)
            .add_extension(x509.SubjectAlternativeName([_alternative(n) for n in names]), False)
            .sign(signing, hashes.SHA256())
        )
        path = self._directory / f"server-{signed.serial_number}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + signed.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name, key: ec.EllipticCurvePrivateKey, issuer: x509.Name, *, ended: bool = False
) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 2 * _DAY)
        .not_valid_after(now - _DAY if ended else now + _DAY)
    )
