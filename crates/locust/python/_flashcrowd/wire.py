"""Headers, cookies and URLs, as they go to and come from the wire."""
import re
from urllib.parse import urlencode

PLAIN_PATH = re.compile(r"/[A-Za-z0-9\-._~!$&'()*+,;=:@/]*(?:\?[A-Za-z0-9\-._~!$&'()*+,;=:@/?]*)?\Z")
"""A path that goes over the wire as it is written. No `%`, which requests decodes where it need not be there."""

ABSOLUTE = re.compile(r"^https?://", re.I)

REDIRECTS = frozenset((301, 302, 303, 307, 308))


def is_plain(path):
    """Whether requests leaves the path as it is."""
    return PLAIN_PATH.match(path) is not None and "/." not in path


def query(params):
    """The query of parameters that need no care; None of others."""
    pairs = []
    for key, values in params.items() if isinstance(params, dict) else ():
        if values is None:
            continue
        if type(values) not in (str, int, float, bool) or type(key) is not str:
            return None
        pairs.append((key, values))
    return urlencode(pairs) if pairs or params == {} else None


def parse_headers(block):
    """The pairs of a block of header lines."""
    pairs = []
    for line in block.split(b"\r\n"):
        if line:
            name, _, value = line.partition(b": ")
            pairs.append((name.decode("latin-1").title(), value.decode("latin-1")))
    return pairs


class Message:
    """Header lines as `http.cookiejar` wants them."""

    def __init__(self, pairs):
        self.pairs = pairs

    def get_all(self, name, default=None):
        """All values of a name."""
        found = [value for key, value in self.pairs if key.lower() == name.lower()]
        return found or default

    getheaders = get_all


class Answer:
    """A response as `http.cookiejar` wants it."""

    def __init__(self, pairs):
        self.message = Message(pairs)

    def info(self):
        """The header lines."""
        return self.message


def header_lines(pairs):
    """Pairs as a block of lines; None where a value cannot be sent as it is."""
    lines = []
    for name, value in pairs:
        if type(name) is bytes:
            name = name.decode("latin-1")
        if type(value) is str:
            value = value.encode("latin-1", "strict") if value.isascii() else value.encode("utf-8")
        elif type(value) is not bytes:
            return None
        if b"\r" in value or b"\n" in value or value[:1].isspace() or not name or name[:1].isspace() or "\n" in name:
            return None
        lines.append(name.encode("latin-1") + b": " + value + b"\r\n")
    return b"".join(lines)
