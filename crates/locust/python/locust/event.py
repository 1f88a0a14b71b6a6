"""Events, and those who listen to them."""
import logging
import time
import traceback
from contextlib import contextmanager

from . import log
from .exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopTest, StopUser

_FOR_THE_TASK = (StopUser, StopTest, RescheduleTask, RescheduleTaskImmediately, InterruptTaskSet)


class EventHook:
    """A list of listeners, all of which are called by keyword when the event is fired."""

    def __init__(self):
        self._handlers = []

    def add_listener(self, handler):
        """Adds a listener; also used as a decorator."""
        self._handlers.append(handler)
        return handler

    def remove_listener(self, handler):
        """Removes a listener."""
        self._handlers.remove(handler)

    def fire(self, *, reverse=False, **kwargs):
        """Calls all listeners. One that raises is logged, and the others are called all the same."""
        for handler in (self._handlers[::-1] if reverse else self._handlers[:]):
            try:
                handler(**kwargs)
            except _FOR_THE_TASK:
                raise
            except Exception:
                logging.error("Uncaught exception in event handler: \n%s", traceback.format_exc())
                log.unhandled_greenlet_exception = True

    @contextmanager
    def measure(self, request_type, name, response_length=0, context=None):
        """Times a block, and fires the event when it ends; an exception makes it a failure."""
        meta = {
            "request_type": request_type,
            "name": name,
            "response_length": response_length,
            "context": context or {},
            "exception": None,
            "start_time": time.time(),
        }
        begin = time.perf_counter()
        try:
            yield meta
        except Exception as error:
            meta["exception"] = error
        finally:
            meta["response_time"] = (time.perf_counter() - begin) * 1000
            self.fire(**meta)


class RequestHook(EventHook):
    """The event of requests: it counts what is fired, then calls the listeners."""

    def fire(self, *, reverse=False, **kwargs):
        """Counts the request, and calls the listeners."""
        count(**kwargs)
        if self._handlers:
            super().fire(reverse=reverse, **kwargs)


def count(request_type, name, response_time, response_length, exception=None, response=None, **_rest):
    """Hands a request over to be counted."""
    from _flashcrowd import bridge
    from .stats import StatsError, remember_error

    text = None
    if exception:
        text = StatsError.parse_error(exception)
        remember_error(str(request_type), str(name), text, exception)
    rid = getattr(response, "_held", 0) if response is not None else 0
    if rid:
        response._held = 0
    if bridge.bridge is not None:
        bridge.bridge.send_sample(rid, str(request_type), str(name), response_time, response_length, text)


_PLAIN = (
    "user_error report_to_master worker_report worker_connect spawning_complete quitting quit init init_command_line_parser "
    "test_start test_stopping test_stop reset_stats cpu_warning heartbeat_sent heartbeat_received usage_monitor"
).split()


class Events:
    """All events of a run."""

    def __init__(self):
        self.request = RequestHook()
        for name in _PLAIN:
            setattr(self, name, EventHook())
