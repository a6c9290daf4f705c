# SPDX-License-Identifier: Apache-2.0

"""Why no connection to an API came about, as one sentence that says what to do.

TLS, names, ports and proxies each have a cure of their own: "no answer" alone would send people to
the wrong place.
"""

import re
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from http.client import BadStatusLine, RemoteDisconnected
from urllib.parse import urlsplit

import requests.exceptions
import requests.utils
import urllib3.exceptions

_MAX_QUOTED = 200

AUTH_URL = "OS_AUTH_URL (`auth_url` in clouds.yaml)"
ENDPOINT = f"{AUTH_URL} or the endpoint in the catalog (`openstack catalog list`)"

_CA_FILE = "--os-cacert, OS_CACERT or `cacert` in clouds.yaml"
_PROXY_SETTINGS = (
    "the variable that names the proxy (HTTP_PROXY, HTTPS_PROXY), or name the host in NO_PROXY"
)
_INSECURE = "--insecure accepts any certificate"
# OpenSSL's words for what a server sends that does not speak TLS.
_NOT_TLS = {"WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"}
_NOT_TLS |= {"RECORD_LAYER_FAILURE"}
_NO_CA_FILE = {"NO_CERTIFICATE_OR_CRL_FOUND", "NO_START_LINE", "PEM_LIB"}
_TLS_ALERT = ("\x15\x03", "'\\x15\\x03")  # as it is, and as http.client quotes it
_USER = re.compile(r"//[^/@\s'\"]*@")

# Where these are the reason, another request to the same host fails as well.
_HOPELESS = (ssl.SSLError, urllib3.exceptions.NewConnectionError, urllib3.exceptions.ProxyError)


def connection_fault(error: BaseException) -> str:
    """Say which connection failed, why, and what to do."""
    chain = list(causes(error))
    origin = _origin(_url(chain))
    for kind, explain in _EXPLANATIONS:
        cause = next((cause for cause in chain if isinstance(cause, kind)), None)
        sentence = explain(origin, cause) if cause else None
        if sentence:
            return sentence
    return _no_answer(chain)


def cannot_connect(error: BaseException) -> bool:
    """Tell whether the error came before a request could be sent, for a lasting reason."""
    return any(isinstance(cause, _HOPELESS) for cause in causes(error))


def is_lasting(error: BaseException | None) -> bool:
    """Tell whether another try meets the same: a certificate, no TLS, a proxy that wants a login.

    A handshake that was cut off may pass at the next try.
    """
    if isinstance(error, urllib3.exceptions.ProxyError):
        return "407" in str(error)
    if not isinstance(error, urllib3.exceptions.SSLError):
        return False
    return not any(isinstance(cause, ssl.SSLEOFError) for cause in causes(error))


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what caused it, to the root; urllib3 keeps errors among the arguments."""
    seen: list[BaseException] = []
    inner: BaseException | None = error
    while inner is not None and inner not in seen:
        yield inner
        seen.append(inner)
        wrapped = (part for part in reversed(inner.args) if isinstance(part, BaseException))
        inner = inner.__cause__ or inner.__context__ or next(wrapped, None)


def place(url: str | bytes | None) -> str:
    """Return a URL without what may be secret or long: user, password and query."""
    if not url:
        return "the API"
    parts = urlsplit(url.decode("ascii", "replace") if isinstance(url, bytes) else url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def quoted(words: object) -> str:
    """Return the words of a library or an API on one line, cut, and without users in URLs."""
    return without_user(" ".join(str(words).split()))[:_MAX_QUOTED]


def without_user(text: str) -> str:
    """Return a text without the user and password of the URLs in it."""
    return _USER.sub("//", text)


def through_proxy(url: str | bytes | None) -> str:
    """Return the proxy that a URL is asked through, as the end of a place; "" for none."""
    proxy = _proxy_of(url)
    return f" through the proxy {proxy}" if proxy else ""


def _proxy_of(url: str | bytes | None) -> str | None:
    """Return the proxy that the environment names for a URL, without user and password."""
    text = url.decode("ascii", "replace") if isinstance(url, bytes) else url
    if not text:
        return None
    proxy = requests.utils.select_proxy(text, requests.utils.get_environ_proxies(text))
    if not proxy:
        return None
    return place(proxy if "://" in proxy else f"http://{proxy}").rstrip("/")


def _untrusted(origin: str, error: BaseException) -> str:
    """Name a certificate that is not trusted, with the reason and the cure of that reason."""
    reason = quoted(getattr(error, "verify_message", "") or error).rstrip(".")
    text = reason.lower()
    if "expired" in text or "not yet valid" in text:
        cure = f"check this host's clock, or ask for a new certificate; a new CA goes to {_CA_FILE}"
    elif "mismatch" in text:
        cure = (
            f"use the name that the certificate has in {ENDPOINT}, or give the CA of another"
            f" certificate with {_CA_FILE}"
        )
    else:
        cure = f"give the file of its CA with {_CA_FILE}"
    return f"the certificate of {origin} is not trusted ({reason}): {cure}; {_INSECURE}"


def _tls(origin: str, error: BaseException) -> str:
    """Name another fault of TLS."""
    reason = getattr(error, "reason", None) or ""
    if reason in _NOT_TLS:
        return (
            f"{origin} does not speak TLS ({reason.replace('_', ' ').lower()}): if it is an http"
            f" server, write http:// in {ENDPOINT}"
        )
    if reason in _NO_CA_FILE:
        return f"the file of CA certificates holds none that can be read: check {_CA_FILE}"
    return (
        f"no TLS connection to {origin} ({quoted(error)}): check TLS versions and, if the server"
        " asks for one, the client's certificate (--os-cert and --os-key)"
    )


def _proxy(origin: str, error: BaseException) -> str:
    """Name a proxy that cannot be reached, or does not let a request through."""
    root = list(causes(error))[-1]
    reason = (isinstance(root, OSError) and root.strerror) or str(root)
    name = _proxy_of(origin)
    asks = "407" in reason
    cure = "give user and password in" if asks else "check"
    return (
        f"no connection to {origin} through the proxy{f' {name}' if name else ''}"
        f" ({quoted(reason)}): {cure} {_PROXY_SETTINGS}"
    )


def _unknown_name(origin: str, error: BaseException) -> str:
    """Name a host whose name has no address."""
    reason = quoted(getattr(error, "strerror", None) or error)
    return (
        f"no address is known for the name in {origin} ({reason}): check {ENDPOINT}, and this"
        " host's DNS"
    )


def _invalid_url(origin: str, error: BaseException) -> str:
    """Name a URL that leads nowhere, of an API or of the proxy to it."""
    del origin
    if "proxy" in str(error).lower() or "SOCKS" in str(error):
        return f"the proxy cannot be used ({quoted(error)}): check {_PROXY_SETTINGS}"
    return f"invalid URL ({quoted(error)}): check {ENDPOINT}"


def _not_http(origin: str, error: BaseException) -> str | None:
    """Name a server that answers http with TLS; None for one whose answer is of another kind."""
    if isinstance(error, RemoteDisconnected) or not str(error).startswith(_TLS_ALERT):
        return None
    return f"{origin} speaks TLS, not plain http: write https:// in {ENDPOINT}"


def _no_answer(chain: Sequence[BaseException]) -> str:
    root, url = chain[-1], _url(chain)
    reason = (isinstance(root, OSError) and root.strerror) or str(root)
    # A server that speaks TLS often hangs up on who does not.
    closed = isinstance(root, RemoteDisconnected | ConnectionResetError)
    scheme = " (https?)" if closed and str(url).startswith("http://") else ""
    return (
        f"no answer from {place(url)}{through_proxy(url)} ({quoted(reason)}): check its"
        f" URL{scheme}, the network and any proxy, then ask the cloud's operator"
    )


# The first that fits: requests and urllib3 wrap one in another.
_EXPLANATIONS: tuple[
    tuple[
        type[BaseException] | tuple[type[BaseException], ...],
        Callable[[str, BaseException], str | None],
    ],
    ...,
] = (
    (ssl.SSLCertVerificationError, _untrusted),
    (urllib3.exceptions.ProxyError, _proxy),
    (ssl.SSLError, _tls),
    (socket.gaierror, _unknown_name),
    (
        (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.MissingSchema,
        ),
        _invalid_url,
    ),
    (BadStatusLine, _not_http),
)


def _url(chain: Sequence[BaseException]) -> str | None:
    """Return the URL of the request that failed."""
    for error in chain:
        url = getattr(getattr(error, "request", None), "url", None)
        if url:
            return str(url)
    return None


def _origin(url: str | None) -> str:
    """Return scheme, host and port of a URL."""
    parts = urlsplit(place(url))
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "the API"
