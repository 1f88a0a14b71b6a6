"""The statistics, as files read them: flashcrowd keeps them, and they are asked for when they are looked at."""
import ast
import hashlib
import logging
import re
import time

from _flashcrowd import bridge as _bridge

console_logger = logging.getLogger("locust.stats_logger")

STATS_AUTORESIZE = True
STATS_NAME_WIDTH = 60
STATS_TYPE_WIDTH = 8
CONSOLE_STATS_INTERVAL_SEC = 2
HISTORY_STATS_INTERVAL_SEC = 5
CSV_STATS_INTERVAL_SEC = 1
CSV_STATS_FLUSH_INTERVAL_SEC = 5
CURRENT_RESPONSE_TIME_PERCENTILE_WINDOW = 10
PERCENTILES_TO_REPORT = [0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0]
PERCENTILES_TO_STATISTICS = [0.95, 0.99]
PERCENTILES_TO_CHART = [0.5, 0.95]

_ERRORS_KEPT = 2000
_objects = {}


def remember_error(method, name, text, error):
    """Keeps the object behind a failure's text, so that files can look at it."""
    if len(_objects) < _ERRORS_KEPT:
        _objects.setdefault((method, name, text), error)


def get_readable_percentiles(percentile_list):
    """0.5 as 50%."""
    return [f"{int(one * 100) if (one * 100).is_integer() else round(100 * one, 6)}%" for one in percentile_list]


def calculate_response_time_percentile(response_times, num_requests, percent):
    """The response time that this share of requests did not exceed."""
    wanted = int(num_requests * percent)
    seen = 0
    for response_time in sorted(response_times, reverse=True):
        seen += response_times[response_time]
        if num_requests - seen <= wanted:
            return response_time
    return 0


def sort_stats(stats):
    """The values in the order of their keys."""
    return [stats[key] for key in sorted(stats)]


_EMPTY = {"n": 0, "none": 0, "fails": 0, "total": 0.0, "min": None, "max": 0.0, "len": 0, "times": [], "rps": [], "fps": [], "start": 0.0, "last": None}


class StatsEntry:
    """One name and method, or all requests together; always as they are now."""

    def __init__(self, stats, name, method, use_response_times_cache=False):
        self.stats = stats
        self.name = name
        self.method = method
        self.use_response_times_cache = use_response_times_cache

    @property
    def _now(self):
        found = self.stats._now()
        return found["total"] if self is self.stats.total else found["by_key"].get((self.name, self.method), _EMPTY)

    num_requests = property(lambda self: self._now["n"])
    num_none_requests = property(lambda self: self._now["none"])
    num_failures = property(lambda self: self._now["fails"])
    total_response_time = property(lambda self: self._now["total"])
    min_response_time = property(lambda self: self._now["min"])
    max_response_time = property(lambda self: self._now["max"])
    total_content_length = property(lambda self: self._now["len"])
    start_time = property(lambda self: self._now["start"])
    last_request_timestamp = property(lambda self: self._now["last"])
    response_times = property(lambda self: dict(map(tuple, self._now["times"])))
    num_reqs_per_sec = property(lambda self: dict(map(tuple, self._now["rps"])))
    num_fail_per_sec = property(lambda self: dict(map(tuple, self._now["fps"])))

    @property
    def fail_ratio(self):
        """The share of failures."""
        if self.num_requests:
            return float(self.num_failures) / self.num_requests
        return 1.0 if self.num_failures > 0 else 0.0

    @property
    def avg_response_time(self):
        """The mean response time."""
        count = self.num_requests - self.num_none_requests
        return float(self.total_response_time) / count if count else 0.0

    @property
    def median_response_time(self):
        """The median response time."""
        return self.get_response_time_percentile(0.5)

    @property
    def avg_content_length(self):
        """The mean length of the answers."""
        return self.total_content_length / self.num_requests if self.num_requests else 0

    def _lately(self, counts):
        last, start = self.stats.last_request_timestamp, self.stats.start_time
        if last is None:
            return 0
        seconds = range(max(int(last) - 12, int(start or 0)), int(last) - 2)
        return sum(counts.get(second, 0) for second in seconds) / max(len(seconds), 1)

    @property
    def current_rps(self):
        """Requests a second, lately."""
        return self._lately(self.num_reqs_per_sec)

    @property
    def current_fail_per_sec(self):
        """Failures a second, lately."""
        return self._lately(self.num_fail_per_sec)

    def _rate(self, count):
        last, start = self.stats.last_request_timestamp, self.stats.start_time
        return count / (last - start) if last and start and last > start else 0.0

    @property
    def total_rps(self):
        """Requests a second over the whole run."""
        return self._rate(self.num_requests)

    @property
    def total_fail_per_sec(self):
        """Failures a second over the whole run."""
        return self._rate(self.num_failures)

    def get_response_time_percentile(self, percent):
        """The response time that this share of requests did not exceed."""
        found = calculate_response_time_percentile(self.response_times, self.num_requests - self.num_none_requests, percent)
        return min(max(found, self.min_response_time or 0), self.max_response_time) if found else found

    def get_current_response_time_percentile(self, percent):
        """The same; of the whole run."""
        return self.get_response_time_percentile(percent)

    def log(self, response_time, content_length):
        """Counts a request."""
        self.stats.log_request(self.method, self.name, response_time, content_length)

    def log_error(self, error):
        """Counts a failure."""
        self.stats.log_error(self.method, self.name, error)

    def reset(self):
        """Resets all statistics."""
        self.stats.reset_all()

    def to_dict(self, escape_string_values=False):
        """The entry in a few fields."""
        fields = (
            "method name num_requests num_failures min_response_time max_response_time current_rps current_fail_per_sec avg_response_time "
            "median_response_time total_rps total_fail_per_sec avg_content_length"
        )
        found = {name: getattr(self, name) for name in fields.split()}
        found["safe_name"] = self.name
        for one in PERCENTILES_TO_STATISTICS:
            found[f"response_time_percentile_{one}"] = self.get_response_time_percentile(one)
        return found

    def serialize(self):
        """The entry with its distribution."""
        fields = (
            "name method last_request_timestamp start_time num_requests num_none_requests num_failures total_response_time max_response_time "
            "min_response_time total_content_length response_times num_reqs_per_sec num_fail_per_sec"
        )
        return {name: getattr(self, name) for name in fields.split()}


class StatsError:
    """A failure, and how often it happened."""

    def __init__(self, method, name, error, occurrences=0, first_seen=None, last_seen=None):
        self.method = method
        self.name = name
        self.error = error
        self.occurrences = occurrences
        self.first_seen = first_seen
        self.last_seen = last_seen

    @classmethod
    def parse_error(cls, error):
        """The text of a failure, without addresses."""
        text = error if isinstance(error, str) else repr(error)
        found = re.search(r"object at (0x[^>]*)>", text)
        return text.replace(found.group(1), "0x....") if found else text

    @classmethod
    def create_key(cls, method, name, error):
        """What failures are grouped by."""
        return hashlib.sha256(f"{method}.{name}.{cls.parse_error(error)!r}".encode()).hexdigest()

    def to_name(self):
        """The failure in one line."""
        text = self.error if isinstance(self.error, str) else self.parse_error(self.error)
        if text.startswith("CatchResponseError("):
            text = text[len("CatchResponseError("):-1].strip("'\"")
        return f"{self.method} {self.name}: {text}"

    def to_dict(self):
        """The failure in a few fields."""
        return {
            "method": self.method, "name": self.name, "error": self.parse_error(self.error), "occurrences": self.occurrences,
            "first_seen": self.first_seen, "last_seen": self.last_seen,
        }

    serialize = to_dict


class _Failure(Exception):
    """A failure that flashcrowd found: its text as that of the exception it stands for."""

    def __init__(self, text):
        self.text = text
        found = re.match(r"\w+\((.*)\)$", text, re.S)
        try:
            inner = ast.literal_eval(found.group(1)) if found else text
        except (ValueError, SyntaxError):
            inner = found.group(1)
        super().__init__(inner)

    def __repr__(self):
        return self.text


class _Entries(dict):
    def __init__(self, stats):
        super().__init__()
        self._stats = stats

    def __missing__(self, key):
        entry = self[key] = StatsEntry(self._stats, key[0], key[1], True)
        return entry


class RequestStats:
    """The statistics of a run."""

    def __init__(self, use_response_times_cache=True):
        self.use_response_times_cache = use_response_times_cache
        self.total = StatsEntry(self, "Aggregated", "", use_response_times_cache)
        self._entries = _Entries(self)
        self._asked = -1
        self._at = 0.0
        self._found = None

    def _now(self):
        bridge = _bridge.bridge
        if bridge is None:
            return {"by_key": {}, "total": _EMPTY, "errors": [], "history": [], "start": None, "last": None}
        if self._found is None or self._asked != bridge.activity or (bridge.is_shared and time.monotonic() - self._at > 0.02):
            found = bridge.ask("stats")
            found["by_key"] = {(name, method): entry for name, method, entry in found["entries"]}
            self._found = found
            self._asked = bridge.activity
            self._at = time.monotonic()
        return self._found

    @property
    def entries(self):
        """The entries by name and method."""
        found = self._now()["by_key"]
        for key in [key for key in self._entries if key not in found]:
            del self._entries[key]
        for key in found:
            self._entries[key]
        return self._entries

    @property
    def errors(self):
        """The failures by their keys."""
        errors = {}
        for method, name, text, occurrences, first, last in self._now()["errors"]:
            error = _objects.get((method, name, text)) or _Failure(text)
            errors[StatsError.create_key(method, name, text)] = StatsError(method, name, error, occurrences, first, last)
        return errors

    history = property(lambda self: self._now()["history"])
    num_requests = property(lambda self: self.total.num_requests)
    num_none_requests = property(lambda self: self.total.num_none_requests)
    num_failures = property(lambda self: self.total.num_failures)
    last_request_timestamp = property(lambda self: self._now()["last"])
    start_time = property(lambda self: self._now()["start"])

    def get(self, name, method):
        """The entry of a name and a method."""
        return self._entries[(name, method)]

    def log_request(self, method, name, response_time, content_length):
        """Counts a request."""
        _bridge.bridge.send_sample(0, method, name, response_time, content_length, None)

    def log_error(self, method, name, error):
        """Counts a failure of a request that was counted."""
        text = StatsError.parse_error(error)
        remember_error(method, name, text, error)
        _bridge.bridge.tell("failure", method=method, name=name, error=text)

    def reset_all(self):
        """Begins all counts anew."""
        _bridge.bridge.tell("reset")
        _bridge.bridge.activity += 1

    clear_all = reset_all

    def serialize_stats(self):
        """All entries with their distributions."""
        return [one.serialize() for one in self.entries.values() if one.num_requests or one.num_failures]

    def serialize_errors(self):
        """All failures."""
        return {key: one.serialize() for key, one in self.errors.items()}


def get_stats_summary(stats, current=True):
    """The table of requests, line by line."""
    width = STATS_NAME_WIDTH - STATS_TYPE_WIDTH + 4
    rows = [f"{'Type':<{STATS_TYPE_WIDTH}} {'Name':<{width}} {'# reqs':>7} {'# fails':>12} |{'Avg':>7} {'Min':>7} {'Max':>7}{'Med':>7} | {'req/s':>7} {'failures/s':>11}"]
    for entry in [*sort_stats(stats.entries), stats.total]:
        rps, fps = (entry.current_rps, entry.current_fail_per_sec) if current else (entry.total_rps, entry.total_fail_per_sec)
        fails = f"{entry.num_failures}({entry.fail_ratio * 100:.2f}%)"
        rows.append(
            f"{entry.method:<{STATS_TYPE_WIDTH}} {entry.name:<{width}} {entry.num_requests:>7} {fails:>12} |{int(entry.avg_response_time):>7} "
            f"{int(entry.min_response_time or 0):>7} {int(entry.max_response_time):>7}{int(entry.median_response_time):>7} | {rps:>7.2f} {fps:>11.2f}"
        )
    return rows


def print_stats(stats, current=True):
    """Logs the table of requests."""
    for row in get_stats_summary(stats, current):
        console_logger.info(row)
    console_logger.info("")


def print_error_report(stats):
    """Logs the failures."""
    for error in stats.errors.values():
        console_logger.info("%-18i %-100s", error.occurrences, error.to_name())


def print_percentile_stats(stats):
    """Logs the percentiles."""
    for entry in [*sort_stats(stats.entries), stats.total]:
        shown = " ".join(f"{int(entry.get_response_time_percentile(one)):>6}" for one in PERCENTILES_TO_REPORT)
        console_logger.info("%s %s %s %s", entry.method, entry.name, shown, entry.num_requests)


def validate_stats_configuration():
    """What is wrong with the constants of this module, as a text; None if nothing is."""
    if len(PERCENTILES_TO_CHART) > 6:
        return "stats.PERCENTILES_TO_CHART parameter should be a maximum of 6 parameters"
    for name, values in (("CHART", PERCENTILES_TO_CHART), ("STATISTICS", PERCENTILES_TO_STATISTICS)):
        for one in values:
            if not isinstance(one, (int, float)) or not 0 < one < 1:
                return f"stats.PERCENTILES_TO_{name} parameter need to be float and value between. 0 < percentile < 1 Eg 0.95"
    return None
