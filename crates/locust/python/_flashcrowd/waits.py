"""The waits of users: those that end at nearly the same moment end together, so that a turn of the loop does much and there are few."""
import traceback
from heapq import heappop, heappush
from time import perf_counter

import gevent
from gevent import monkey
from gevent.hub import get_hub

_getcurrent = gevent.getcurrent
_native_sleep = monkey.get_original("time", "sleep")
_TICKS = 4000
"""So many moments there are in a second."""
_TICK = 1 / _TICKS
_LONGEST = 8
"""So many moments at most lie between two at which users go on: two milliseconds."""
_TOGETHER = 4
"""So many users go on together where there are many: larger bursts would be felt by the target."""
_LOOK = 256
"""After so many waits it is looked at how many there are in a second."""


class Waits:
    """Greenlets that wait, by the moment at which they go on."""

    def __init__(self):
        self.hub = get_hub()
        self.due = []
        self.slots = {}
        self.timer = None
        self.step = _LONGEST
        self.count = 0
        self.since = perf_counter()

    def sleep(self, seconds):
        """Lets this greenlet wait so long, and up to two milliseconds longer."""
        if not seconds > 0 or seconds > 1e6:
            gevent.sleep(max(0, seconds))
            return
        now = perf_counter()
        self.count += 1
        if self.count >= _LOOK:
            self._pace(now)
        step = self.step
        tick = (int((now + seconds) * _TICKS) // step + 1) * step
        entry = [_getcurrent()]
        slot = self.slots.get(tick)
        if slot is None:
            self.slots[tick] = [entry]
            heappush(self.due, tick)
            if self.due[0] == tick:
                self._arm(tick)
        else:
            slot.append(entry)
        try:
            self.hub.switch()
        except BaseException:
            # It was killed, or a timeout struck.
            entry[0] = None
            raise

    def _pace(self, now):
        """Users that are many go on at more moments."""
        each = (now - self.since) / self.count
        self.step = max(1, min(_LONGEST, int(_TOGETHER * each * _TICKS)))
        self.count, self.since = 0, now

    def _arm(self, tick):
        if self.timer is not None:
            self.timer.stop()
            self.timer.close()
        self.timer = self.hub.loop.timer(max(0.0, tick * _TICK - perf_counter()))
        self.timer.start(self._fire, update=True)

    def _fire(self):
        due, now = self.due, perf_counter() * _TICKS
        while due and due[0] <= now:
            for entry in self.slots.pop(heappop(due)):
                greenlet, entry[0] = entry[0], None
                if greenlet is not None:
                    try:
                        greenlet.switch()
                    except BaseException:
                        traceback.print_exc()
        if due:
            self._arm(due[0])

    def gather(self):
        """Sleeps until the next of them goes on, if that is soon: what comes until then is done in the same turn."""
        if self.due:
            left = self.due[0] * _TICK - perf_counter()
            if 0 < left <= _LONGEST * _TICK:
                _native_sleep(left)
