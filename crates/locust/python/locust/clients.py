"""The client of HttpUser: a session of requests, whose requests flashcrowd sends."""
import json as json_module
import re
import time
from collections import OrderedDict
from contextlib import contextmanager
from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy
from io import BytesIO
from urllib.parse import unquote, urlparse, urlunparse

import requests
from requests import Response, Session
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import HTTPBasicAuth
from requests.cookies import RequestsCookieJar, get_cookie_header, merge_cookies
from requests.exceptions import InvalidSchema, InvalidURL, MissingSchema, RequestException
from requests.hooks import default_hooks
from requests.structures import CaseInsensitiveDict
from requests.utils import default_headers, get_encoding_from_headers

from _flashcrowd import bridge as _bridge
from _flashcrowd import faults, wire
from _flashcrowd.judged import Judged

from .event import RequestHook
from .exception import LocustError

absolute_http_url_regexp = wire.ABSOLUTE
_DEFAULTS = dict(default_headers())
_FOREVER = (0, 0)
_PLAIN_BASE = re.compile(r"https?://[a-z0-9.\-]+(:\d+)?(/[A-Za-z0-9\-_/]*)?\Z")
_URLS_KEPT = 4096
"""So many URLs below a base are known by their whole form."""
_known_urls = {}
_ODD = _bridge.HOLD_ERROR | _bridge.HOLD_REDIRECT
_RAISED = (MissingSchema, InvalidSchema, InvalidURL)
_dumps = json_module.JSONEncoder(allow_nan=False).encode

_WITH_BLOCK = "In order to use a with-block for requests, you must also pass catch_response=True"


class Headers(CaseInsensitiveDict):
    """Headers of a session, with their lines for the wire, which are made anew after a change."""

    def __init__(self, *args, **kwargs):
        self._lines = None
        super().__init__(*args, **kwargs)

    def __setitem__(self, key, value):
        self._lines = None
        super().__setitem__(key, value)

    def __delitem__(self, key):
        self._lines = None
        super().__delitem__(key)

    def lines(self):
        """The block of lines, or None where a value needs care; whether there is a content type, and whether there are cookies."""
        if self._lines is None:
            lines = wire.header_lines([(key, value) for key, value in self.items() if value is not None])
            self._lines = lines, "content-type" in self, "cookie" in self
        return self._lines


_POLICY = DefaultCookiePolicy()


class Jar(RequestsCookieJar):
    """Cookies of a session, which count their changes."""

    version = 0

    def __init__(self):
        # What cookies are taken is the same for all, unless a file sets a policy of its own.
        super().__init__(_POLICY)

    def set_cookie(self, cookie, *args, **kwargs):
        self.version += 1
        return super().set_cookie(cookie, *args, **kwargs)

    def clear(self, domain=None, path=None, name=None):
        self.version += 1
        return super().clear(domain, path, name)


class _Asked:
    """A request as cookies want it."""

    def __init__(self, url):
        self.url = url
        self.headers = {}


class ResponseContextManager(Judged, Response):
    """A response, also as the context manager of a with-block that judges it."""

    _catch_response = False
    _reply = None
    _held = 0
    _meta = None

    def __init__(self, error=None):
        super().__init__()
        self.error = error
        self.status_code = 0
        self._catch_response = True
        self.request = getattr(error, "request", None)

    # What is made when it is asked for

    def __getattr__(self, name):
        make = _LATE.get(name)
        if make is None or "_reply" not in self.__dict__:
            raise AttributeError(name)
        value = self.__dict__[name] = make(self)
        return value

    @property
    def content(self):
        """The body, decoded."""
        if self._reply is None:
            return Response.content.fget(self)
        if self._content is False:
            self._content = self._body()
            self._content_consumed = True
        return self._content

    _content = False
    _content_consumed = False
    _next = None

    def _body(self):
        reply = self._reply
        if not reply.is_withheld:
            return reply.body
        reply.is_withheld = False
        return _bridge.bridge.fetch(reply.rid)

    def iter_content(self, chunk_size=1, decode_unicode=False):
        """The body in pieces; all of it is here already."""
        if self._reply is not None:
            self.content
        return super().iter_content(chunk_size, decode_unicode)

    def close(self):
        """Nothing is open."""
        if self._reply is None:
            super().close()

    def __del__(self):
        reply = self._reply
        if (self._held or (reply is not None and reply.is_withheld)) and _bridge.bridge is not None:
            _bridge.bridge.drop(self._held or reply.rid)

    def __bool__(self):
        return self.ok

    def __getstate__(self):
        self.content
        return {name: getattr(self, name, None) for name in self.__attrs__}

    # The verdict

    @property
    def request_meta(self):
        """What is reported of the request; it may be changed in a with-block."""
        if self._meta is None:
            self._meta = self._session._meta_of(self)
        return self._meta

    @request_meta.setter
    def request_meta(self, value):
        self._meta = value

    def __enter__(self):
        if not self._catch_response:
            raise LocustError(_WITH_BLOCK)
        return super().__enter__()

    def _judge(self):
        """Finds whether it is a failure, in the words of its name instead of its URL."""
        meta = self.request_meta
        url, self.url = self.url, meta["name"]
        try:
            self.raise_for_status()
        except RequestException as error:
            meta["exception"] = _innermost(error)
        finally:
            self.url = url


class _Plain(ResponseContextManager):
    """What `Session.send` answers: a response that nobody judges."""

    def success(self, *_args, **_kwargs):
        """Only of a request with `catch_response`."""
        _missing_catch_response_true(self)

    failure = success


_Plain.__name__ = "Response"


def _innermost(error):
    kinds = (requests.exceptions.ConnectionError, faults.urllib3.ProtocolError, faults.urllib3.MaxRetryError, faults.urllib3.NewConnectionError)
    while isinstance(error, kinds) and error.__context__:
        error = error.__context__
    return error


def _late_headers(response):
    return CaseInsensitiveDict(_joined(wire.parse_headers(response._reply.headers)))


def _joined(pairs):
    """Pairs of which those of one name are one."""
    found = OrderedDict()
    for name, value in pairs:
        key = name.lower()
        found[key] = (name, value) if key not in found else (found[key][0], f"{found[key][1]}, {value}")
    return list(found.values())


def _late_cookies(response):
    jar = RequestsCookieJar()
    jar.extract_cookies(wire.Answer(wire.parse_headers(response._reply.headers)), requests.cookies.MockRequest(_Asked(response.url)))
    return jar


def _late_raw(response):
    from urllib3 import HTTPResponse

    raw = HTTPResponse(
        body=BytesIO(response.content or b""), headers=dict(response.headers), status=response.status_code, reason=response.reason,
        preload_content=False, decode_content=False, version=response._reply.version,
    )
    raw._original_response = None
    return raw


_LATE = {
    "headers": _late_headers,
    "cookies": _late_cookies,
    "raw": _late_raw,
    "reason": lambda response: response._reply.reason.decode("latin-1"),
    "encoding": lambda response: get_encoding_from_headers(response.headers),
    "elapsed": lambda response: timedelta(microseconds=response._reply.micros_to_head),
    "history": lambda response: [],
    "url": lambda response: response._sent_url,
    "request": lambda response: response._session._prepared_of(response),
    "connection": lambda response: _ADAPTER,
}


def _response(session, reply, url, call):
    """The response of a reply."""
    response = ResponseContextManager.__new__(ResponseContextManager)
    fields = response.__dict__
    fields["_reply"] = reply
    fields["status_code"] = reply.status
    fields["_session"] = session
    fields["_sent_url"] = url
    fields["_call"] = call
    return response


class HttpSession(Session):
    """A session whose URLs are relative to a host, and whose requests are counted."""

    def __init__(self, base_url, request_event, user, *args, pool_manager=None, **kwargs):
        self.__dict__["_headers"] = Headers(_DEFAULTS)
        self.auth = None
        self.proxies = {}
        self.hooks = default_hooks()
        self.params = {}
        self.stream = False
        self.verify = True
        self.cert = None
        self.max_redirects = 30
        self.trust_env = False
        self.cookies = Jar()
        self.adapters = _ADAPTERS
        self.base_url = base_url
        self.request_event = request_event
        self.user = user
        self.request_name = None
        self.explicit_name = None
        self._number = next(_bridge.bridge.sessions)
        self._cookie_lines = {}
        self._cookie_version = 0
        self._cookies_seen = None
        self._counts = isinstance(request_event, RequestHook)
        parsed = urlparse(base_url or "")
        if parsed.username and parsed.password:
            self.base_url = urlunparse(parsed._replace(netloc=parsed.netloc.rpartition("@")[2]))
            self.auth = HTTPBasicAuth(unquote(parsed.username), unquote(parsed.password))

    @property
    def base_url(self):
        """What URLs are relative to."""
        return self._base_url

    @base_url.setter
    def base_url(self, value):
        self._base_url = value
        self._is_plain_base = type(value) is str and _PLAIN_BASE.match(value) is not None
        # Those of all sessions with this base.
        self._known_urls = _known_urls.setdefault(value, {}) if len(_known_urls) < 64 else {}

    @property
    def headers(self):
        """The headers of all requests."""
        return self._headers

    @headers.setter
    def headers(self, value):
        self.__dict__["_headers"] = value

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

    def get(self, url, *, data=None, json=None, **kwargs):
        """Sends GET."""
        return self.request("GET", url, data=data, json=json, **kwargs)

    def options(self, url, *, data=None, json=None, **kwargs):
        """Sends OPTIONS."""
        return self.request("OPTIONS", url, data=data, json=json, **kwargs)

    def head(self, url, *, data=None, json=None, **kwargs):
        """Sends HEAD; redirects are not followed if that is not asked for."""
        kwargs.setdefault("allow_redirects", False)
        return self.request("HEAD", url, data=data, json=json, **kwargs)

    def post(self, url, data=None, json=None, **kwargs):
        """Sends POST."""
        return self.request("POST", url, data=data, json=json, **kwargs)

    def put(self, url, data=None, *, json=None, **kwargs):
        """Sends PUT."""
        return self.request("PUT", url, data=data, json=json, **kwargs)

    def patch(self, url, data=None, *, json=None, **kwargs):
        """Sends PATCH."""
        return self.request("PATCH", url, data=data, json=json, **kwargs)

    def delete(self, url, *, data=None, json=None, **kwargs):
        """Sends DELETE."""
        return self.request("DELETE", url, data=data, json=json, **kwargs)

    def request(self, method, url, name=None, catch_response=False, context={}, *, data=None, json=None, **kwargs):
        """Sends a request and counts it, under `name` if there is one."""
        if self.request_name and not name:
            name = self.request_name
        self.explicit_name = name
        quick = self._quick(method, url, data, json, kwargs)
        if quick is None:
            return self._by_requests(method, url, name, catch_response, context, {"data": data, "json": json, **kwargs})
        full, path, headers, body, timeouts, follow, config = quick
        listened = catch_response or not self._counts or bool(self.request_event._handlers)
        begin = time.time() if listened else 0.0
        flags = _bridge.HOLD if listened else _ODD if follow else _bridge.HOLD_ERROR
        call = (method, full, name or path, context, begin, headers, body, kwargs.get("timeout"))
        reply = _bridge.bridge.send_request(
            self._number, method if method.isupper() else method.upper(), name or path, flags, config, timeouts, full, headers, body,
        )
        response = _response(self, reply, full, call)
        if listened:
            response._held = reply.rid
        if reply.error:
            response._held = reply.rid
            response._fail()
            listened = True
        elif b"set-cookie" in reply.headers:
            self._take_cookies(reply, full)
        if follow and reply.status in wire.REDIRECTS and b"location: " in reply.headers:
            response._held = reply.rid
            return self._follow(response, name, catch_response, context)
        return self._report(response, catch_response) if listened else response

    # The short way

    def _quick(self, method, url, data, json, kwargs):
        """What goes to the wire for a plain request; None where requests has to prepare it."""
        if type(url) is not str or type(method) is not str or self.auth is not None or self.params or self.proxies:
            return None
        adapters = self.adapters
        if adapters is not _ADAPTERS and set(adapters.values()) != {_ADAPTER}:
            return None
        if self.hooks["response"] or self.stream:
            return None
        if not kwargs:
            return self._quickest(url, data, json)
        follow, timeouts, params, own, cookies = True, _FOREVER, None, None, None
        verify, cert = self.verify, self.cert
        for key, value in kwargs.items():
            if key == "headers":
                own = value
            elif key == "params":
                params = value
            elif key == "allow_redirects":
                follow = value
            elif key == "timeout":
                timeouts = _timeouts(value)
            elif key == "verify":
                verify = value if value is not None else verify
            elif key == "cert":
                cert = value or cert
            elif key == "cookies" and not value:
                pass
            elif value is not None and value is not False or key == "hooks":
                return None
        path = url
        if params:
            if "?" in url:
                return None
            found = wire.query(params)
            if found is None:
                return None
            path = f"{url}?{found}" if found else url
            if not wire.is_plain(url):
                return None
        elif not wire.is_plain(url):
            return None
        if not self._is_plain_base or timeouts is None:
            return None
        full = self.base_url + path
        kind, body = _body_of(data, json)
        if body is None:
            return None
        headers = self._lines_of(own, kind, full)
        if headers is None:
            return None
        config = 0 if verify is True and cert is None else _config(verify, cert)
        return full, self._path_of(path), headers, body, timeouts, follow, config

    def _quickest(self, url, data, json):
        """The same without any argument but the body."""
        known = self._known_urls.get(url)
        if known is None:
            if not self._is_plain_base or not wire.is_plain(url):
                return None
            known = self._base_url + url, self._path_of(url)
            if len(self._known_urls) < _URLS_KEPT:
                self._known_urls[url] = known
        full, path = known
        kind, body = _body_of(data, json)
        if body is None:
            return None
        headers = self._lines_of(None, kind, full)
        if headers is None:
            return None
        config = 0 if self.verify is True and self.cert is None else _config(self.verify, self.cert)
        return full, path, headers, body, _FOREVER, True, config

    def _path_of(self, path):
        """The path with that of the host."""
        at = self.base_url.find("/", 8)
        return path if at < 0 else self.base_url[at:] + path

    def _lines_of(self, own, kind, url):
        """All header lines of a request; None where requests has to make them."""
        session = self._headers
        if own:
            if not isinstance(own, (dict, CaseInsensitiveDict)):
                return None
            merged = CaseInsensitiveDict(session)
            merged.update(own)
            lines = wire.header_lines([(key, value) for key, value in merged.items() if value is not None])
            has_kind = "content-type" in merged
            has_cookie = "cookie" in merged
        elif type(session) is Headers:
            lines, has_kind, has_cookie = session._lines or session.lines()
        else:
            merged = CaseInsensitiveDict(session)
            lines = wire.header_lines([(key, value) for key, value in merged.items() if value is not None])
            has_kind = "content-type" in merged
            has_cookie = "cookie" in merged
        if lines is None:
            return None
        if kind and not has_kind:
            lines += kind
        jar = self.cookies
        if type(jar) is not Jar:
            return None
        if jar._cookies and not has_cookie:
            lines += self._cookie_line(jar, url)
        return lines

    def _cookie_line(self, jar, url):
        if jar.version != self._cookie_version:
            self._cookie_lines = {}
            self._cookie_version = jar.version
        key = url.partition("?")[0]
        line = self._cookie_lines.get(key)
        if line is None:
            found = get_cookie_header(jar, _Asked(url))
            line = b"Cookie: " + found.encode("latin-1", "replace") + b"\r\n" if found else b""
            if len(self._cookie_lines) < 1000 and not any(one.expires for one in jar):
                self._cookie_lines[key] = line
        return line

    def _take_cookies(self, reply, url):
        """Takes the cookies of a reply, unless they are those that came last."""
        lines = [line for line in reply.headers.split(b"\r\n") if line[:10].lower() == b"set-cookie"]
        seen = (url.partition("?")[0], lines, self.cookies.version)
        if seen == self._cookies_seen:
            return
        pairs = wire.parse_headers(b"\r\n".join(lines))
        self.cookies.extract_cookies(wire.Answer(pairs), requests.cookies.MockRequest(_Asked(url)))
        self._cookies_seen = (seen[0], lines, self.cookies.version)

    def _follow(self, response, name, catch_response, context):
        """Follows a redirect as requests does."""
        method, full, counted_as, _context, begin, headers, body, timeout = response._call
        prepared = response.request
        response.history = []
        start = time.perf_counter()
        took = response._reply.micros / 1000
        held, response._held = response._held, 0
        try:
            history = list(self.resolve_redirects(response, prepared, timeout=timeout, verify=self.verify, cert=self.cert, proxies={}))
            final = history.pop() if history else response
            if history or final is not response:
                final.history = [response, *history]
        except _RAISED:
            _bridge.bridge.cancel(held)
            raise
        except RequestException as error:
            final = ResponseContextManager(error)
        except BaseException:
            _bridge.bridge.cancel(held)
            raise
        took += (time.perf_counter() - start) * 1000
        return self._finish(final, held, method, full, counted_as, catch_response, context, begin, took)

    # The long way

    def _by_requests(self, method, url, name, catch_response, context, kwargs):
        """Has requests prepare and follow; its adapter sends through flashcrowd."""
        begin, start = time.time(), time.perf_counter()
        full = self._build_url(url)
        _ADAPTER.begin(name)
        held = 0
        try:
            response = super().request(method, full, **kwargs)
            held = _ADAPTER.end()
        except _RAISED:
            _ADAPTER.end()
            raise
        except RequestException as error:
            held = _ADAPTER.end()
            response = ResponseContextManager(error)
        except BaseException:
            # The request on its way is given up by itself; one that was answered is given up here.
            held = _ADAPTER.end()
            if held:
                _bridge.bridge.cancel(held)
            raise
        took = (time.perf_counter() - start) * 1000
        first = ((response.history and response.history[0]) or response).request
        if first is not None:
            full = str(first.url)
            counted_as = name or first.path_url
        else:
            counted_as = name or str(url)
        if isinstance(response, ResponseContextManager) and response._reply is not None and not response.history and held == response._reply.rid:
            took = response._reply.micros / 1000
        return self._finish(response, held, method, full, counted_as, catch_response, context, begin, took, kwargs.get("stream"))

    def _finish(self, response, held, method, full, name, catch_response, context, begin, took, stream=False):
        response.__class__ = ResponseContextManager
        response._held = held
        response._session = self
        if stream:
            length = int(response.headers.get("content-length") or 0)
        else:
            length = len(response.content or b"")
        response._meta = {
            "request_type": method, "response_time": took, "name": name, "context": self._context(context), "response": response,
            "exception": None, "start_time": begin, "url": full, "response_length": length,
        }
        return self._report(response, catch_response)

    def _report(self, response, catch_response):
        response._request_event = self.request_event
        response._catch_response = catch_response
        if not catch_response:
            response.__exit__(None, None, None)
        return response

    def _context(self, context):
        return {**self.user.context(), **context} if self.user else dict(context)

    def _meta_of(self, response):
        """What is reported of a request that went the short way."""
        method, full, name, context, begin, _headers, _body, _timeout = response._call
        reply = response._reply
        return {
            "request_type": method, "response_time": reply.micros / 1000, "name": name, "context": self._context(context), "response": response,
            "exception": None, "start_time": begin, "url": full, "response_length": reply.length if not reply.error else 0,
        }

    def _prepared_of(self, response):
        """The request that was sent the short way."""
        method, full, _name, _context, _begin, headers, body, _timeout = response._call
        prepared = requests.PreparedRequest()
        prepared.method = method
        prepared.url = full
        prepared.headers = CaseInsensitiveDict(wire.parse_headers(headers))
        prepared.body = body or None
        if body:
            prepared.headers["Content-Length"] = str(len(body))
        elif method not in ("GET", "HEAD"):
            prepared.headers["Content-Length"] = "0"
        prepared.hooks = default_hooks()
        prepared._cookies = merge_cookies(RequestsCookieJar(), self.cookies)
        if self.explicit_name:
            prepared._explicit_name = self.explicit_name
        return prepared

    def prepare_request(self, request):
        """As of requests; it keeps the name that was given."""
        prepared = super().prepare_request(request)
        if self.explicit_name:
            prepared._explicit_name = self.explicit_name
        return prepared

    def send(self, request, **kwargs):
        """Sends a prepared request; it is not counted by itself, as under Locust."""
        request._session_number = self._number
        return super().send(request, **kwargs)

    def mount(self, prefix, adapter):
        """As of requests. A plain adapter only says how large a pool is, and here connections are made as needed."""
        retries = getattr(adapter, "max_retries", None)
        if type(adapter) is HTTPAdapter and getattr(retries, "total", retries) in (0, False, None):
            adapter = _ADAPTER
        if self.adapters is _ADAPTERS:
            self.adapters = OrderedDict(_ADAPTERS)
        super().mount(prefix, adapter)

    def close(self):
        """Closes the connections; the next request makes new ones."""
        _bridge.bridge.close_session(self._number)

    def __del__(self):
        if _bridge.bridge is not None and "_number" in self.__dict__:
            _bridge.bridge.close_session(self._number)


def _fail(self):
    """The reply is an error: there is no answer to look at."""
    reply = self._reply
    url, timeout = self._sent_url, self._call[7]
    seconds = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    self.error = faults.exception(reply, url, None, seconds)
    self.status_code = 0
    if "encoding" not in self.__dict__:
        self.__dict__.update(headers=CaseInsensitiveDict(), encoding=None, reason=None, url=None, raw=None)
    self.__dict__.update(_content=None, _content_consumed=True)


ResponseContextManager._fail = _fail


def _body_of(data, json):
    """The header line of the kind, and the bytes; None as bytes where requests has to make them."""
    if not data:
        if json is None:
            return b"", b""
        try:
            return b"Content-Type: application/json\r\n", _dumps(json).encode("utf-8")
        except (TypeError, ValueError):
            return b"", None
    kind = type(data)
    if kind is str:
        return b"", data.encode("utf-8")
    if kind is bytes:
        return b"", data
    if kind in (dict, list, tuple):
        try:
            encoded = requests.models.RequestEncodingMixin._encode_params(data)
        except (TypeError, ValueError):
            return b"", None
        return b"Content-Type: application/x-www-form-urlencoded\r\n", encoded.encode("utf-8") if type(encoded) is str else None
    return b"", None


def _timeouts(value):
    """Milliseconds to connect and to answer; none as 0. None for what only requests understands."""
    if value is None:
        return _FOREVER
    if type(value) in (int, float):
        return (max(1, int(value * 1000)),) * 2 if value > 0 else None
    if type(value) is tuple and len(value) == 2 and all(one is None or type(one) in (int, float) for one in value):
        return tuple(0 if one is None else max(1, int(one * 1000)) for one in value)
    return None


_configs = {}


def _config(verify, cert):
    """The number of how TLS is spoken."""
    key = (str(verify) if verify is not True else True, str(cert))
    number = _configs.get(key)
    if number is None:
        number = _configs[key] = len(_configs) + 2
        files = [cert, cert] if isinstance(cert, str) else list(cert or [])
        _bridge.bridge.tell("tls", config=number, verify=verify is not False, roots=verify if isinstance(verify, str) else None, cert=files)
    return number


class FlashcrowdAdapter(BaseAdapter):
    """What sends a request that requests has prepared."""

    def __init__(self):
        super().__init__()
        self.max_retries = 0

    # Several greenlets may be on their way at once: each has its call.

    _calls = {}

    def begin(self, name):
        """A call begins, whose first request is counted."""
        import gevent

        self._calls[gevent.getcurrent()] = [name, 0]

    def end(self):
        """The call is over: the number of its first request."""
        import gevent

        return self._calls.pop(gevent.getcurrent(), (None, 0))[1]

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        """Sends a prepared request."""
        import gevent

        call = self._calls.get(gevent.getcurrent())
        is_first = call is not None and not call[1]
        flags = _bridge.HOLD if is_first else _bridge.HOP
        body = request.body
        if body is None:
            data = b""
        elif isinstance(body, (bytes, str)):
            data = body if isinstance(body, bytes) else body.encode("utf-8")
        elif hasattr(body, "read"):
            data = body.read()
            data = data.encode("utf-8") if isinstance(data, str) else data
        else:
            data = b"".join(one.encode() if isinstance(one, str) else one for one in body)
        lines = wire.header_lines([(key, value) for key, value in request.headers.items() if key.lower() != "content-length"])
        if lines is None:
            raise requests.exceptions.InvalidHeader("a header cannot be sent", request=request)
        timeouts = _timeouts(timeout) or _FOREVER
        config = 0 if verify is True and cert is None else _config(verify, cert)
        name = (call and call[0]) or request.path_url
        number = getattr(request, "_session_number", None) or _shared_session()
        reply = _bridge.bridge.send_request(number, request.method, name, flags, config, timeouts, request.url, lines, data)
        if is_first:
            call[1] = reply.rid
        seconds = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        if reply.error:
            raise faults.exception(reply, request.url, request, seconds)
        response = _response(None, reply, request.url, None)
        response.__class__ = _Plain
        response.request = request
        response.history = []
        response.raw = _Raw(reply)
        if b"set-cookie" in reply.headers:
            response.cookies = _late_cookies(response)
        else:
            response.cookies = RequestsCookieJar()
        response.connection = self
        return response

    def close(self):
        """Nothing is open here."""


class _Raw:
    """What requests looks at of a raw response: its cookies."""

    def __init__(self, reply):
        self._original_response = self
        self.msg = wire.Message(wire.parse_headers(reply.headers))
        self.reply = reply
        self.left = None

    def release_conn(self):
        """Nothing is held."""

    def close(self):
        """Nothing is open."""

    def read(self, amt=None, **_kwargs):
        """The next bytes of the body, which is here already."""
        if self.left is None:
            withheld = self.reply.is_withheld
            self.left = BytesIO(_bridge.bridge.fetch(self.reply.rid) if withheld else self.reply.body)
            self.reply.is_withheld = False
        return self.left.read(amt)

    def stream(self, amt=65536, **_kwargs):
        """The body in pieces."""
        while True:
            piece = self.read(amt)
            if not piece:
                return
            yield piece


_number_of_others = []


def _shared_session():
    if not _number_of_others:
        _number_of_others.append(next(_bridge.bridge.sessions))
    return _number_of_others[0]


_ADAPTER = FlashcrowdAdapter()
_ADAPTERS = OrderedDict((("https://", _ADAPTER), ("http://", _ADAPTER)))


def _missing_catch_response_true(self, *_args, **_kwargs):
    raise LocustError(
        "If you want to change the state of the request using .success() or .failure(), you must pass catch_response=True. "
        "See http://docs.locust.io/en/stable/writing-a-locustfile.html#validating-responses"
    )


Response.success = _missing_catch_response_true
Response.failure = _missing_catch_response_true
