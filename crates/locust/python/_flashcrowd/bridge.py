"""The bridge carries frames between this process and flashcrowd, in batches, one write for each turn of the loop."""
import _thread
import itertools
import json
import os
import struct
import sys
import traceback

import gevent
from gevent import monkey
from gevent._hub_local import get_hub_if_exists
from gevent.hub import get_hub

from .waits import Waits

_getcurrent = gevent.getcurrent
_native_ident = monkey.get_original("_thread", "get_ident")
_native_lock = monkey.get_original("_thread", "allocate_lock")
_native_select = monkey.get_original("select", "select")

# Frames: u32 length of what follows, u8 kind, then this.
JSON, REQUEST, SAMPLE, NAME, CANCEL, FETCH, DROP, CLOSE, TASK = range(9)
REPLY, BODY = 1, 2

_HEAD = struct.Struct("<IB")
_REQUEST = struct.Struct("<IBBHIIIIIIII")
_REQUEST_REST = _REQUEST.size - 4
_SAMPLE = struct.Struct("<IBBIIIdQI")
_NAME = struct.Struct("<IBI")
_ID = struct.Struct("<IBI")
_TASK = struct.Struct("<IBBI")
_REPLY = struct.Struct("<IHBIIIII")

HOLD, HOP, HOLD_ERROR, HOLD_REDIRECT, FAST = 1, 2, 4, 8, 16
"""Flags of a request. A sample follows: always, after an error, after a redirect. It is a further request of a call that was
counted. It is judged as FastHttpUser judges."""

_NAMES_KEPT = 10000
_LOOK = 256
"""After so many requests it is looked at whether they come one right after the other."""


class Closed(RuntimeError):
    """This process is a fork, or flashcrowd is gone."""


class _ThreadWaiter:
    """What a native thread waits on; it looks like a greenlet."""

    def __init__(self):
        self.lock = _native_lock()
        self.lock.acquire()
        self.reply = None

    def switch(self, reply):
        self.reply = reply
        self.lock.release()

    def get(self):
        self.lock.acquire()
        return self.reply


class Bridge:
    """One end of the socket pair."""

    def __init__(self, fd):
        os.set_blocking(fd, False)
        self.fd = fd
        self.out = []
        self.waiting = {}
        self.numbers = itertools.count(1)
        self.sessions = itertools.count(1)
        self.names = {}
        self.texts = 0
        self.buffer = b""
        self.on_message = None
        self.activity = 0
        self.is_shared = False
        self.waits = Waits()
        # Whether a reply has just come, how many requests there were since the last look, and how many right after a reply.
        self.in_reply = False
        self.sent = self.chained = 0
        self.gathers = False
        self.hub = get_hub()
        self.thread = _native_ident()
        self.reader = self.hub.loop.io(fd, 1)
        self.reader.start(self._readable)
        # Before the loop sleeps, and after gevent's own callbacks, which have the default priority.
        self.flusher = self.hub.loop.prepare(priority=-2)
        self.flusher.start(self._turn)
        self.waker = self.hub.loop.async_()
        self.waker.start(self._flush)
        os.register_at_fork(after_in_child=self._forked)

    # What is sent

    def text(self, text):
        """The number of a text, which is sent the first time."""
        number = self.names.get(text)
        if number is not None:
            return number
        if len(self.names) >= _NAMES_KEPT:
            self.names.clear()
            self.texts = 0
        number = self.texts
        self.texts += 1
        self.names[text] = number
        data = text.encode("utf-8", "surrogateescape")
        self.out.append(_NAME.pack(5 + len(data), NAME, number) + data)
        return number

    def send_request(self, session, method, name, flags, config, timeouts, url, headers, body):
        """Sends a request and waits for its reply."""
        rid = next(self.numbers)
        method = self.text(method)
        name = self.text(name)
        url = url.encode("utf-8", "surrogateescape") if type(url) is str else url
        connect, read = timeouts
        frame = (
            _REQUEST.pack(
                _REQUEST_REST + len(url) + len(headers) + len(body), REQUEST, flags, config, session, rid, method, name,
                connect, read, len(url), len(headers),
            )
            + url
            + headers
            + body
        )
        return self.wait(rid, frame)

    def wait(self, rid, frame):
        """Sends a frame, and waits for what is sent back under its number."""
        if self.fd < 0:
            raise Closed("the connection to flashcrowd is closed in this process (a fork?)")
        if get_hub_if_exists() is not self.hub:
            return self._wait_on_thread(rid, frame)
        self.waiting[rid] = _getcurrent()
        self.activity += 1
        self.out.append(frame)
        self.sent += 1
        if self.in_reply:
            self.chained += 1
        if self.sent >= _LOOK:
            self.gathers = self.chained * 20 < self.sent
            self.sent = self.chained = 0
        try:
            return self.hub.switch()
        except BaseException:
            # The greenlet was killed, or a timeout struck: nobody waits any more.
            self.waiting.pop(rid, None)
            self.out.append(_ID.pack(5, CANCEL, rid))
            raise

    def _wait_on_thread(self, rid, frame):
        waiter = _ThreadWaiter()
        self.waiting[rid] = waiter
        self.out.append(frame)
        self.waker.send()
        return waiter.get()

    def send_sample(self, rid, method, name, time, length, error):
        """A request that this process judged or made; `error` is a text or None."""
        text = b"" if error is None else error.encode("utf-8", "surrogateescape")
        method = self.text(method)
        name = self.text(name)
        time = float("nan") if time is None else float(time)
        flags = 0 if error is None else 1
        self.activity += 1
        self.push(
            _SAMPLE.pack(_SAMPLE.size - 4 + len(text), SAMPLE, flags, rid, method, name, time, max(0, int(length or 0)), len(text)) + text
        )

    def push(self, frame):
        """Sends a frame that has no reply."""
        self.out.append(frame)
        if _native_ident() != self.thread:
            self.waker.send()

    def fetch(self, rid):
        """The body of a reply that was left with flashcrowd."""
        return self.wait(rid, _ID.pack(5, FETCH, rid))

    def drop(self, rid):
        """Nobody will ask for the body of this reply, or judge it."""
        self.push(_ID.pack(5, DROP, rid))

    def cancel(self, rid):
        """The call that this request belongs to was given up."""
        self.push(_ID.pack(5, CANCEL, rid))

    def close_session(self, session):
        """Closes the connections of a session."""
        self.push(_ID.pack(5, CLOSE, session))

    def task_done(self, failed, micros):
        """A task came to its end."""
        self.out.append(_TASK.pack(6, TASK, failed, min(micros, 0xFFFFFFFF)))

    def tell(self, what, **message):
        """Sends a message that has no answer."""
        self.push(self._json({"say": what, **message}))

    def ask(self, what, **message):
        """Sends a message and waits for its answer."""
        rid = next(self.numbers)
        return self.wait(rid, self._json({"say": what, "id": rid, **message}))

    @staticmethod
    def _json(message):
        data = json.dumps(message, default=str).encode()
        return _HEAD.pack(1 + len(data), JSON) + data

    def flush_now(self):
        """Writes everything at once; the process is about to end."""
        self._flush()

    def _turn(self):
        """Before the loop sleeps: what is to be sent is sent."""
        self._flush()
        if self.gathers:
            self.waits.gather()

    def _flush(self):
        if not self.out or self.fd < 0:
            return
        frames, self.out = self.out, []
        data = memoryview(frames[0] if len(frames) == 1 else b"".join(frames))
        while data:
            try:
                data = data[os.write(self.fd, data):]
            except BlockingIOError:
                _native_select([], [self.fd], [])
            except OSError:
                os._exit(3)

    # What comes

    def _readable(self):
        try:
            data = os.read(self.fd, 1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            # flashcrowd is gone: there is nobody left to work for.
            os._exit(3)
        self.in_reply = True
        try:
            self._take(self.buffer + data if self.buffer else data)
        except BaseException:
            # gevent stops a watcher whose callback raised, and then nobody would ever read again.
            traceback.print_exc()
        self.in_reply = False

    def _take(self, data):
        at, end = 0, len(data)
        waiting = self.waiting
        while end - at >= 5:
            length, kind = _HEAD.unpack_from(data, at)
            stop = at + 4 + length
            if stop > end:
                if length > 1 << 18:
                    data, stop, end = self._take_large(data, at, length)
                    at, stop = 0, 4 + length
                else:
                    break
            if kind == REPLY:
                reply = Reply(data, at + 5, stop)
                rid = reply.rid
            elif kind == BODY:
                (rid,) = struct.unpack_from("<I", data, at + 5)
                reply = data[at + 9:stop]
            else:
                rid, reply = self._message(json.loads(data[at + 5:stop]))
            at = stop
            if rid:
                self.activity += 1
                waiter = waiting.pop(rid, None)
                if waiter is not None:
                    try:
                        waiter.switch(reply)
                    except BaseException:
                        traceback.print_exc()
        self.buffer = data[at:]

    def _take_large(self, data, at, length):
        """The whole of a large frame, read at once into a buffer of its size."""
        whole = bytearray(4 + length)
        got = end = len(data) - at
        whole[:end] = data[at:]
        view = memoryview(whole)
        while got < len(whole):
            try:
                n = os.readv(self.fd, [view[got:]])
            except BlockingIOError:
                _native_select([self.fd], [], [])
                continue
            if not n:
                os._exit(3)
            got += n
        view.release()
        return bytes(whole), 4 + length, len(whole)

    def _message(self, message):
        if "re" in message:
            return message["re"], message.get("answer")
        self.on_message(message)
        return 0, None

    def _forked(self):
        """A fork shares the socket and must not touch it."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class Reply:
    """What came of a request, as flashcrowd measured it."""

    __slots__ = ("rid", "status", "error", "is_cut", "is_withheld", "micros", "micros_to_head", "length", "reason", "headers", "body", "version")

    def __init__(self, data, at, stop):
        self.rid, self.status, flags, self.micros, self.micros_to_head, self.length, reason, headers = _REPLY.unpack_from(data, at)
        at += _REPLY.size
        self.error = flags & 1
        self.is_withheld = flags & 2
        self.is_cut = flags & 4
        self.version = 10 if flags & 8 else 11
        middle = at + reason
        self.reason = data[at:middle]
        at = middle + headers
        self.headers = data[middle:at]
        self.body = data[at:stop]

    def fault(self):
        """The code and the text of what went wrong."""
        code, _, text = self.body.partition(b"\n")[0].partition(b" ")
        return int(code), text.decode("utf-8", "replace")


bridge = None
"""The bridge of this process."""


def open_bridge():
    """Takes over the socket that came as standard input."""
    global bridge
    fd = os.dup(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    bridge = Bridge(fd)
    return bridge
