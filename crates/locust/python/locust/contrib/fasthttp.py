"""FastHttpUser and its client, with its own defaults: certificates are not verified, redirects are few, headers are fewer."""
import json as json_module
import re
import time
from base64 import b64encode
from contextlib import contextmanager
from datetime import timedelta
from http.cookiejar import CookieJar
from urllib.parse import quote, unquote, urlencode, urljoin, urlparse, urlunparse

from _flashcrowd import bridge as _bridge
from _flashcrowd import wire
from _flashcrowd.judged import Judged
from locust.event import RequestHook
from locust.exception import LocustError, StopTest
from locust.user.users import NO_HOST, RestMixin, User

absolute_http_url_regexp = wire.ABSOLUTE
_AGENT = "python/gevent-http-client-2.6.1"
_VALID = frozenset((200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 301, 302, 303, 304, 307, 308))
_PLAIN = _VALID - wire.REDIRECTS
_dumps = json_module.JSONEncoder().encode
_SAFE = "%/:=&?~#+!$,;'@()*[]"
_NOT_CAUGHT = (
    "If you want to change the state of the request, you must pass catch_response=True. "
    "See http://docs.locust.io/en/stable/writing-a-locustfile.html#validating-responses"
)


class ConnectionError(Exception):
    """A request that failed, by its URL."""

    def __init__(self, url, *args, **kw):
        super().__init__(url, *args)
        self.url = url
        self.__dict__.update(kw)
        self.kw_text = ", ".join(f"{key}={value}" for key, value in kw.items())
        texts = [str(args[0]) if len(args) == 1 else f"{args[0]}: {args[1:]}"] if args else []
        self.text = ", ".join([*texts, *([self.kw_text] if kw else [])])

    def __str__(self):
        return f"URL {self.url}: {self.text}" if self.text else f"URL {self.url}"

    def __repr__(self):
        shown = f"{type(self).__name__}({', '.join(repr(one) for one in self.args)})"
        return shown.replace(")", f", {self.kw_text})") if self.kw_text else shown


class RetriesExceeded(ConnectionError):
    """There was no answer, or too many redirects."""


class BadStatusCode(ConnectionError):
    """The status is none of those that are expected."""


class LocustBadStatusCode(BadStatusCode):
    """The same; its text is without the URL, so that failures are grouped."""

    def __repr__(self):
        return super().__repr__().replace(repr(self.url) + ", ", "") if self.kw_text else super().__repr__()


class HTTPConnectionClosed(ConnectionError):
    """The target closed the connection before the whole answer was there."""


class HTTPParseError(ValueError):
    """The answer is not HTTP."""


def _error_of(reply, url):
    code, text = reply.fault()
    if code == 1212:
        return ConnectionRefusedError(111, "Connection refused")
    if code == 1220:
        return ConnectionResetError(104, "Connection reset by peer")
    if code in (1050, 1211):
        return TimeoutError("timed out")
    if code in (1100, 1101):
        import socket

        return socket.gaierror(-2, "Name or service not known")
    if 1300 <= code < 1400:
        import ssl

        return ssl.SSLError(1, text)
    if "malformed" in text:
        return HTTPParseError(text)
    if "EOF" in text:
        return HTTPConnectionClosed("connection closed")
    return OSError(text)


class Headers(dict):
    """Headers of an answer, whatever their case."""

    def __init__(self, pairs):
        super().__init__()
        self.pairs = pairs
        for name, value in pairs:
            key = name.lower()
            super().__setitem__(key, f"{self[key]}, {value}" if key in self else value)

    def __getitem__(self, key):
        return super().__getitem__(key.lower())

    def __contains__(self, key):
        return super().__contains__(key.lower())

    def get(self, key, default=None):
        """The value of a name."""
        return super().get(key.lower(), default)


class FastRequest:
    """What was sent."""

    def __init__(self, url, method, headers, payload):
        self.url = url
        self.method = method
        self._headers = headers
        self.payload = payload
        self.unverifiable = False

    @property
    def headers(self):
        """The headers, as the file and the session have set them."""
        if type(self._headers) is bytes:
            self._headers = {key: value.decode("utf-8", "surrogateescape") for key, value in _pairs(self._headers)}
        return self._headers

    @property
    def body(self):
        """What was sent as a body."""
        return self.payload

    # What http.cookiejar asks

    def get_full_url(self):
        """The URL."""
        return self.url

    @property
    def host(self):
        """The host, with its port."""
        return urlparse(self.url).netloc

    @property
    def type(self):
        """The scheme."""
        return "https"

    @property
    def origin_req_host(self):
        """The host."""
        return urlparse(self.url).hostname or ""

    def has_header(self, name):
        """Whether a header is set by the file."""
        return any(key.lower() == name.lower() for key in self.headers)

    def get_header(self, name, default=None):
        """A header."""
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), default)

    def add_unredirected_header(self, name, value):
        """Adds the cookies."""
        self.headers[name] = value


def _pairs(lines):
    for line in lines.split(b"\r\n"):
        if line:
            key, _, value = line.partition(b": ")
            yield key.decode("latin-1"), value


def encoding_of(headers):
    """The encoding that the headers tell."""
    kind = headers.get("content-type", "")
    found = re.search(r"charset=[\"']?([^\s;\"']+)", kind)
    if found:
        return found.group(1)
    if "text" in kind:
        return "ISO-8859-1"
    return "utf-8" if "application/json" in kind else None


class FastResponse:
    """An answer."""

    error = None
    encoding = None
    _held = 0
    _content = None
    _headers = None
    _meta = None

    def __init__(self, reply, request, error=None):
        self._reply = reply
        self.request = self._request = request
        self.error = error
        self.status_code = reply.status
        self.history = self._history = []

    @property
    def headers(self):
        """The headers; None where there is no answer."""
        if self._headers is None and self.status_code:
            self._headers = Headers(wire.parse_headers(self._reply.headers))
        return self._headers

    @property
    def content(self):
        """The body; None where there is no answer."""
        if self._content is None and self.status_code:
            reply = self._reply
            if reply.is_withheld:
                reply.is_withheld = False
                self._content = _bridge.bridge.fetch(reply.rid)
            else:
                self._content = reply.body if not reply.error else reply.body.partition(b"\n")[2]
        return self._content

    @property
    def text(self):
        """The body as a text."""
        if self.content is None:
            return None
        if self.encoding is None:
            self.encoding = encoding_of(self.headers) or _detected(self.content)
        return str(self.content, str(self.encoding), errors="replace") if self.encoding else None

    def json(self):
        """The body, parsed as JSON."""
        return json_module.loads(self.text)

    @property
    def ok(self):
        """Whether the status is below 400."""
        return self.status_code < 400

    @property
    def url(self):
        """Where the answer came from."""
        return self.request.url if self.request is not None else None

    @property
    def elapsed(self):
        """How long the answer took."""
        return timedelta(microseconds=self._reply.micros)

    def raise_for_status(self):
        """Raises what went wrong."""
        if self.error:
            raise self.error

    def iter_content(self, chunk_size=1024, decode_content=True):
        """The body in pieces."""
        body = self.content or b""
        for at in range(0, len(body), chunk_size):
            piece = body[at:at + chunk_size]
            if decode_content:
                try:
                    piece = piece.decode("utf-8")
                except UnicodeDecodeError:
                    pass
            yield piece

    def iter_lines(self):
        """The body line by line."""
        yield from (self.text or "").splitlines()

    @property
    def stream(self):
        """The body as a file."""
        from io import BytesIO

        return BytesIO(self.content or b"")

    def release(self):
        """Nothing is held."""

    def success(self):
        """Only in a with-block."""
        raise LocustError(_NOT_CAUGHT)

    def failure(self, *_args, **_kwargs):
        """Only in a with-block."""
        raise LocustError(_NOT_CAUGHT)

    def __enter__(self):
        return self

    def __exit__(self, *_args):
        return None

    def __del__(self):
        reply = self._reply
        if (self._held or reply.is_withheld) and _bridge.bridge is not None:
            _bridge.bridge.drop(self._held or reply.rid)

    def __bool__(self):
        return True


def _detected(content):
    try:
        from charset_normalizer import detect
    except ImportError:
        return "utf-8"
    return detect(content)["encoding"]


class ErrorResponse(FastResponse):
    """Kept for files that look for it."""


class ResponseContextManager(Judged, FastResponse):
    """An answer in a with-block that judges it."""

    @property
    def request_meta(self):
        """What is reported; it may be changed in the block."""
        return self._meta

    def _judge(self):
        if self.error:
            self._meta["exception"] = self.error


RestResponseContextManager = ResponseContextManager


def basic(user, password):
    """The header of basic authentication."""
    parts = [one.encode("latin1") if isinstance(one, str) else one for one in (user, password)]
    return "Basic " + b64encode(b":".join(parts)).decode("ascii")


class _ClientPool:
    """Connections of the session, for files that close them."""

    def __init__(self, number):
        self._number = number

    def close(self):
        """Closes them; the next request makes new ones."""
        _bridge.bridge.close_session(self._number)


class _Agent:
    """What files reach as `client.client`."""

    def __init__(self, number, headers):
        self.clientpool = _ClientPool(number)
        self.default_headers = headers

    def close(self):
        """Closes the connections."""
        self.clientpool.close()


class FastHttpSession:
    """A client whose URLs are relative to a host, and whose requests are counted."""

    auth_header = None

    def __init__(self, base_url, request_event, user, insecure=True, client_pool=None, ssl_context_factory=None, **kwargs):
        self.base_url = base_url
        self.request_event = request_event
        self.cookiejar = CookieJar()
        self.user = user
        self.request_name = None
        self._number = next(_bridge.bridge.sessions)
        self._counts = isinstance(request_event, RequestHook)
        self._verify = not insecure
        if ssl_context_factory is not None:
            raise NotImplementedError("ssl_context_factory is not built: set insecure, or use HttpUser with verify and cert")
        if kwargs.get("proxy_host"):
            raise NotImplementedError("proxy_host is not built into FastHttpUser of flashcrowd")
        self.max_redirects = int(kwargs.get("max_redirects", 30))
        self.max_retries = int(kwargs.get("max_retries", 0))
        self._timeouts = tuple(max(1, int(1000 * kwargs.get(name, 60.0))) for name in ("connection_timeout", "network_timeout"))
        self.default_headers = {"User-Agent": _AGENT}
        self.default_headers.update(kwargs.get("headers") or {})
        self.client = _Agent(self._number, self.default_headers)
        if client_pool is not None:
            self._number = _number_of_pool(client_pool)
        if base_url:
            parsed = urlparse(base_url)
            if parsed.username and parsed.password:
                self.base_url = urlunparse(parsed._replace(netloc=parsed.netloc.rpartition("@")[2]))
                self.auth_header = basic(unquote(parsed.username), unquote(parsed.password))
        self._lines_for = None
        self._lines_known = {}

    def _build_url(self, path):
        return path if absolute_http_url_regexp.match(path) else f"{self.base_url}{path}"

    @contextmanager
    def rename_request(self, name):
        """Names all requests of the block that have no name of their own."""
        self.request_name = name
        try:
            yield
        finally:
            self.request_name = None

    def request(
        self, method, url, name=None, data=None, catch_response=False, stream=False, headers=None, auth=None, json=None, allow_redirects=True,
        context={}, params=None, **kwargs,
    ):
        """Sends a request and counts it, under `name` if there is one."""
        if self.request_name and not name:
            name = self.request_name
        listened = catch_response or not self._counts or bool(self.request_event._handlers)
        begin = time.time()
        if not data and json is not None:
            body, kind, is_json = _dumps(json).encode("utf-8"), None, True
        else:
            (body, kind), is_json = _payload(data), False
        built = self._build_url(url)
        flags = _bridge.FAST | (_bridge.HOLD if listened else _bridge.HOLD_ERROR | (_bridge.HOLD_REDIRECT if allow_redirects else 0))
        target = _quoted(built, params)
        sent = method.upper()
        if not self.cookiejar._cookies and not auth:
            lines = self._lines_of(headers, kind, is_json)
            reply = self._exchange(sent, name or url, flags, target, lines, body)
            if not listened and reply.status in _PLAIN and b"set-cookie" not in reply.headers and not reply.error:
                return FastResponse(reply, FastRequest(target, sent, lines, body))
        else:
            reply = None
        merged = self._merged(headers, auth, kind, is_json)
        response, held, took = self._follow(sent, target, merged, body, flags, name or url, allow_redirects, kwargs, reply)
        if not listened and not held:
            return response
        return self._report(response, held, took, method, name or url, built, context, begin, stream, catch_response)

    def _exchange(self, method, name, flags, url, lines, body):
        return _bridge.bridge.send_request(self._number, method, name, flags, 0 if self._verify else 1, self._timeouts, url, lines, body or b"")

    def _merged(self, own, auth, kind, is_json):
        """All headers of a request."""
        own = dict(own) if own else {}
        if auth:
            own["Authorization"] = basic(*auth)
        elif self.auth_header:
            own["Authorization"] = self.auth_header
        if "Accept-Encoding" not in own and "accept-encoding" not in own:
            own["Accept-Encoding"] = "gzip, deflate, br"
        if is_json:
            for key in ("Content-Type", "Accept"):
                if key not in own and key.lower() not in own:
                    own[key] = "application/json"
        merged = {**self.default_headers, **own}
        if kind and not any(key.lower() == "content-type" for key in merged):
            merged["Content-Type"] = kind
        return merged

    def _lines_of(self, own, kind, is_json):
        """The lines of all headers, which are made once for each set of them."""
        if self.default_headers != self._lines_for:
            self._lines_for = dict(self.default_headers)
            self._lines_known = {}
        try:
            key = (tuple(own.items()) if own else None, kind, is_json, self.auth_header)
            lines = self._lines_known.get(key)
        except (TypeError, AttributeError):
            return _lines(self._merged(own, None, kind, is_json))
        if lines is None:
            lines = _lines(self._merged(own, None, kind, is_json))
            if len(self._lines_known) < 16:
                self._lines_known[key] = lines
        return lines

    def _report(self, response, held, took, method, name, built, context, begin, stream, catch_response):
        if stream:
            length = int((response.headers or {}).get("content-length", 0) or 0)
        else:
            length = len(response.content) if response.content else 0
        if catch_response:
            response.__class__ = ResponseContextManager
            response._request_event = self.request_event
        response._held = held
        meta = {
            "request_type": method, "name": name, "context": {**self.user.context(), **context} if self.user else dict(context), "response": response,
            "exception": response.error, "start_time": begin, "url": built, "response_length": length, "response_time": took,
        }
        if catch_response:
            response._meta = meta
        else:
            self.request_event.fire(**meta)
        return response

    def _follow(self, method, url, merged, body, flags, name, follow, kwargs, reply):
        """Sends, if there is no reply yet, and follows; answers the response, the number of a call that is not counted yet, and how long
        it took."""
        redirects = int(kwargs.get("max_redirects", self.max_redirects))
        first, took, held, history, origin = url, 0.0, 0, [], urlparse(url)[:2]
        try:
            for hop in range(redirects + 1):
                request = FastRequest(url, method, dict(merged), body)
                if hop or reply is None:
                    if self.cookiejar._cookies:
                        self.cookiejar.add_cookie_header(request)
                    reply = self._exchange(method, name, flags if not hop else _bridge.HOP | _bridge.FAST, url, _lines(request.headers), body)
                took += reply.micros / 1000
                if not hop and flags & _bridge.HOLD:
                    held = reply.rid
                if reply.error:
                    held = held or (reply.rid if not hop else 0)
                    response = FastResponse(reply, request, _error_of(reply, url))
                    break
                response = FastResponse(reply, request)
                if b"set-cookie" in reply.headers:
                    self.cookiejar.extract_cookies(wire.Answer(wire.parse_headers(reply.headers)), request)
                if reply.status not in _VALID:
                    response.error = LocustBadStatusCode(url, code=reply.status)
                    break
                if not (follow and redirects > 0 and reply.status in wire.REDIRECTS and b"location: " in reply.headers):
                    break
                held = held or reply.rid
                history.append(response)
                url = urljoin(url, response.headers["location"])
                if reply.status in (301, 302, 303):
                    method, body = ("HEAD" if method == "HEAD" else "GET"), None
                    merged = {key: value for key, value in merged.items() if key.lower() not in ("content-length", "content-type", "content-encoding")}
                if urlparse(url)[:2] != origin:
                    merged = {key: value for key, value in merged.items() if key.lower() != "authorization"}
            else:
                error = RetriesExceeded(first, f"Redirection limit reached ({self.max_redirects})")
                response = FastResponse(_nothing(reply), request, error)
        except BaseException:
            if held:
                _bridge.bridge.cancel(held)
            raise
        response.history = response._history = history
        return response, held, took

    def get(self, url, **kwargs):
        """Sends GET."""
        return self.request("GET", url, **kwargs)

    def head(self, url, **kwargs):
        """Sends HEAD."""
        return self.request("HEAD", url, **kwargs)

    def options(self, url, **kwargs):
        """Sends OPTIONS."""
        return self.request("OPTIONS", url, **kwargs)

    def delete(self, url, **kwargs):
        """Sends DELETE."""
        return self.request("DELETE", url, **kwargs)

    def patch(self, url, data=None, **kwargs):
        """Sends PATCH."""
        return self.request("PATCH", url, data=data, **kwargs)

    def post(self, url, data=None, json=None, **kwargs):
        """Sends POST."""
        return self.request("POST", url, data=data, json=json, **kwargs)

    def put(self, url, data=None, **kwargs):
        """Sends PUT."""
        return self.request("PUT", url, data=data, **kwargs)

    def iter_lines(self, url, method="GET", **kwargs):
        """Sends a request, and answers its lines."""
        response = self.request(method, url, stream=True, **kwargs)
        response.raise_for_status()
        yield from response.iter_lines()

    def __del__(self):
        if _bridge.bridge is not None and "_number" in self.__dict__:
            _bridge.bridge.close_session(self._number)


class _Nothing:
    """What stands for a reply where there is no answer."""

    def __init__(self, reply):
        self.rid, self.micros, self.micros_to_head = reply.rid, reply.micros, reply.micros_to_head
        self.status, self.is_withheld, self.error, self.length = 0, 0, 1, 0
        self.headers = self.body = b""


def _nothing(reply):
    return _Nothing(reply)


def _lines(headers):
    lines = wire.header_lines([(key, str(value) if not isinstance(value, bytes) else value) for key, value in headers.items()])
    if lines is None:
        raise ValueError(f"a header cannot be sent: {headers}")
    return lines


def _quoted(url, params):
    if params:
        found = urlencode(params, doseq=True) if not isinstance(params, str) else params
        url = f"{url}{'&' if '?' in url else '?'}{found}"
    if url.isascii() and " " not in url and '"' not in url and "<" not in url:
        return url
    at = url.find("/", 8)
    return url if at < 0 else url[:at] + quote(url[at:], safe=_SAFE)


def _payload(data):
    if not data:
        return None, None
    if isinstance(data, dict):
        return urlencode(data, doseq=True).encode(), "application/x-www-form-urlencoded; charset=utf-8"
    if isinstance(data, str):
        return data.encode("utf-8"), None
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data), None
    if hasattr(data, "read"):
        found = data.read()
        return (found.encode("utf-8") if isinstance(found, str) else found), None
    if isinstance(data, (list, tuple)) and all(isinstance(one, tuple) for one in data):
        return urlencode(data, doseq=True).encode(), "application/x-www-form-urlencoded; charset=utf-8"
    return b"".join(one.encode() if isinstance(one, str) else one for one in data), None


_pools = {}


def _number_of_pool(pool):
    """The session number of a pool that several users share."""
    if id(pool) not in _pools:
        _pools[id(pool)] = (next(_bridge.bridge.sessions), pool)
    return _pools[id(pool)][0]


class FastHttpUser(User, RestMixin):
    """A user with this client."""

    abstract = True
    network_timeout = 60.0
    connection_timeout = 60.0
    max_redirects = 30
    max_retries = 0
    insecure = True
    default_headers = None
    concurrency = 10
    proxy_host = None
    proxy_port = None
    client_pool = None
    ssl_context_factory = None

    def __init__(self, environment):
        super().__init__(environment)
        if self.host is None:
            raise StopTest(NO_HOST)
        self.client = FastHttpSession(
            base_url=self.host, request_event=environment.events.request, user=self, network_timeout=self.network_timeout,
            connection_timeout=self.connection_timeout, max_redirects=self.max_redirects, max_retries=self.max_retries, insecure=self.insecure,
            concurrency=self.concurrency, client_pool=self.client_pool, ssl_context_factory=self.ssl_context_factory,
            headers=self.default_headers, proxy_host=self.proxy_host, proxy_port=self.proxy_port,
        )
