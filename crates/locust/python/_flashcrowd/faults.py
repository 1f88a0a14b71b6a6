"""Turns what went wrong on the wire into the exceptions that requests raises for it."""
import re
from http.client import IncompleteRead, RemoteDisconnected

import requests
from urllib3 import exceptions as urllib3

REFUSED, DIAL_TIMEOUT, TIMEOUT, RESET, BROKEN_PIPE = 1212, 1211, 1050, 1220, 1201
NO_SUCH_HOST, DNS, INVALID_URL, DECOMPRESSION = 1101, 1100, 1020, 1701
TLS = range(1300, 1400)


class _Pool:
    """What the texts of urllib3 say of a pool."""

    def __init__(self, url):
        found = re.match(r"(\w+)://(?:[^/@]*@)?(\[[^\]]*\]|[^/:?#]*)(?::(\d+))?", url)
        scheme, host, port = found.groups() if found else ("http", "", None)
        self.scheme = scheme.lower()
        self.host = host.strip("[]")
        self.port = int(port) if port else (443 if self.scheme == "https" else 80)

    def __str__(self):
        name = "HTTPSConnectionPool" if self.scheme == "https" else "HTTPConnectionPool"
        return f"{name}(host={self.host!r}, port={self.port})"


def _path(url):
    found = re.match(r"\w+://[^/?#]*([^#]*)", url)
    return (found.group(1) if found else url) or "/"


def _caused(error, cause):
    """An exception with its cause, as if the one had been raised while the other was handled."""
    error.__context__ = cause
    return error


def exception(reply, url, request, timeouts):
    """The exception of a request without a whole answer."""
    code, text = reply.fault()
    pool = _Pool(url)
    if reply.is_cut:
        got = len(reply.headers) and reply.length
        expected = _content_length(reply.headers)
        inner = IncompleteRead(b"x" * min(got, 1 << 20) if got else b"", None if expected is None else expected - got)
        inner = urllib3.IncompleteRead(got, 0 if expected is None else expected - got)
        broken = urllib3.ProtocolError(f"Connection broken: {inner!r}", inner)
        return requests.exceptions.ChunkedEncodingError(broken, request=request)
    if code == TIMEOUT:
        seconds = timeouts[1] if timeouts else None
        return requests.exceptions.ReadTimeout(
            urllib3.ReadTimeoutError(pool, None, f"Read timed out. (read timeout={seconds})"), request=request
        )
    if code == DIAL_TIMEOUT:
        seconds = timeouts[0] if timeouts else None
        inner = urllib3.ConnectTimeoutError(None, f"Connection to {pool.host} timed out. (connect timeout={seconds})")
        return requests.exceptions.ConnectTimeout(urllib3.MaxRetryError(pool, _path(url), inner), request=request)
    if code == DECOMPRESSION:
        return requests.exceptions.ContentDecodingError(text, request=request)
    if code in TLS:
        return _tls(code, text, pool, url, request)
    cause = _cause(code, text)
    if code in (REFUSED, DNS, NO_SUCH_HOST) or text.startswith("dial"):
        outer = _caused(urllib3.MaxRetryError(pool, _path(url), cause), cause)
    else:
        outer = _caused(urllib3.ProtocolError("Connection aborted.", cause), cause)
    return _caused(requests.exceptions.ConnectionError(outer, request=request), outer)


def _cause(code, text):
    if code == REFUSED:
        return ConnectionRefusedError(111, "Connection refused")
    if code == RESET:
        return ConnectionResetError(104, "Connection reset by peer")
    if code == BROKEN_PIPE:
        return BrokenPipeError(32, "Broken pipe")
    if code in (DNS, NO_SUCH_HOST):
        import socket

        return socket.gaierror(-2, "Name or service not known")
    if "EOF" in text:
        return RemoteDisconnected("Remote end closed connection without response")
    if "malformed" in text:
        from http.client import BadStatusLine

        return BadStatusLine(text)
    return OSError(text)


def _tls(code, text, pool, url, request):
    import ssl

    if code == 1310:
        text = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate"
    elif code == 1311:
        text = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid for '%s'." % pool.host
    elif "certificate" in text:
        text = f"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {text}"
    inner = ssl.SSLCertVerificationError(1, text) if "VERIFY_FAILED" in text else ssl.SSLError(1, text)
    outer = urllib3.MaxRetryError(pool, _path(url), urllib3.SSLError(inner))
    return requests.exceptions.SSLError(outer, request=request)


def _content_length(block):
    for line in block.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return None
