"""The runner, as files see it: flashcrowd runs the test, and this asks it to."""
import logging
import socket
import traceback
from uuid import uuid4

import gevent
from gevent.pool import Group

from _flashcrowd import bridge as _bridge

from . import log
from .exception import StopTest

logger = logging.getLogger(__name__)

STATE_INIT, STATE_SPAWNING, STATE_RUNNING, STATE_CLEANUP, STATE_STOPPING, STATE_STOPPED, STATE_MISSING = (
    "ready", "spawning", "running", "cleanup", "stopping", "stopped", "missing",
)

WORKER_REPORT_INTERVAL = 3.0
CPU_MONITOR_INTERVAL = 5.0
CPU_WARNING_THRESHOLD = 90
HEARTBEAT_INTERVAL = 1
HEARTBEAT_LIVENESS = 3


class Message:
    """A message between nodes; here from a process to itself."""

    def __init__(self, message_type, data, node_id):
        self.type = message_type
        self.data = data
        self.node_id = node_id


class Runner:
    """What all runners have."""

    def __init__(self, environment):
        self.environment = environment
        self.user_greenlets = Group()
        self.greenlet = Group()
        self.state = STATE_INIT
        self.spawning_greenlet = None
        self.shape_greenlet = None
        self.shape_last_tick = None
        self.current_cpu_usage = 0.0
        self.current_memory_usage = 0
        self.cpu_warning_emitted = False
        self.worker_cpu_warning_emitted = False
        self.exceptions = {}
        self.target_user_classes_count = {}
        self.target_user_count = 0
        self.custom_messages = {}
        self.final_user_classes_count = {}
        self.connection_broken = False
        self._users = {}

    @property
    def user_classes(self):
        """The classes that are run."""
        return self.environment.user_classes

    @property
    def user_classes_by_name(self):
        """The classes by their names."""
        return self.environment.user_classes_by_name

    @property
    def stats(self):
        """The statistics."""
        return self.environment.stats

    @property
    def errors(self):
        """The failures by their keys."""
        return self.stats.errors

    @property
    def user_count(self):
        """How many users there are."""
        return len(self.user_greenlets)

    @property
    def user_classes_count(self):
        """How many users of each class there are."""
        counts = {one.__name__: 0 for one in self.user_classes}
        for user in list(self._users.values()):
            counts[type(user).__name__] = counts.get(type(user).__name__, 0) + 1
        return counts

    def update_state(self, new_state):
        """Sets the state."""
        self.state = new_state

    def register_message(self, msg_type, listener, concurrent=False):
        """Who hears messages of a type."""
        if msg_type in self.custom_messages:
            raise Exception(f"Tried to register listener method for {msg_type}, but it already had a listener!")
        self.custom_messages[msg_type] = (listener, concurrent)

    def log_exception(self, node_id, msg, formatted_tb):
        """Counts an exception of a user."""
        key = hash(formatted_tb)
        row = self.exceptions.get(key)
        if row is None:
            row = self.exceptions[key] = {"count": 0, "msg": msg, "traceback": formatted_tb, "nodes": set()}
            if _bridge.bridge is not None:
                _bridge.bridge.tell("exception", key=key, message=msg, traceback=formatted_tb, node=node_id)
        elif _bridge.bridge is not None:
            _bridge.bridge.tell("exception", key=key)
        row["count"] += 1
        row["nodes"].add(node_id)


class LocalRunner(Runner):
    """The runner of this process."""

    def __init__(self, environment):
        super().__init__(environment)
        self.worker_index = 0
        self.client_id = socket.gethostname() + "_" + uuid4().hex
        self.worker_count = 1

        def on_user_error(user_instance, exception, tb):
            self.log_exception("local", str(exception), "".join(traceback.format_tb(tb)))

        environment.events.user_error.add_listener(on_user_error)

    def start(self, user_count, spawn_rate, wait=False, user_classes=None):
        """Goes to so many users, so many a second."""
        self.target_user_count = user_count
        names = None if user_classes is None else [one.__name__ for one in user_classes]
        _bridge.bridge.tell("start", users=user_count, rate=spawn_rate, classes=names)

    def start_shape(self):
        """Starts the test by its shape."""
        _bridge.bridge.tell("start", users=None, rate=None, classes=None)

    def stop(self):
        """Ends the test."""
        self._end("stop")

    def quit(self):
        """Ends the test, and the run."""
        self._end("quit")

    def _end(self, what):
        """Asks for the end. Waits for it, unless the end itself waits for who asks."""
        if self.state == STATE_STOPPED:
            return
        _bridge.bridge.tell(what)
        current = gevent.getcurrent()
        if current in self.user_greenlets or getattr(current, "is_awaited", False):
            return
        while self.state != STATE_STOPPED:
            gevent.sleep(0.05)

    def _stop_test(self, reason):
        _bridge.bridge.tell("stop_test", reason=reason)

    def send_message(self, msg_type, data=None, client_id=None):
        """Hands a message to who hears it in this process."""
        if msg_type not in self.custom_messages:
            logger.warning("Unknown message type received: %s", msg_type)
            return
        listener, _concurrent = self.custom_messages[msg_type]
        listener(environment=self.environment, msg=Message(msg_type, data, "local"))

    # What flashcrowd asks for

    def _spawn(self, users):
        """Makes users and starts them; `users` are pairs of number and class name."""
        for number, name in users:
            try:
                user = self.user_classes_by_name[name](self.environment)
                if not hasattr(user, "environment"):
                    raise AssertionError(
                        f"Attribute 'environment' is missing on user {name}. Perhaps you defined your own __init__ and forgot to call the base "
                        "constructor? (super().__init__(*args, **kwargs))"
                    )
            except BaseException as error:
                self._not_made(number, error)
                if not isinstance(error, Exception):
                    raise
                continue
            user._number = number
            user._turn = self._turn_of(user) if self._by_rate else None
            self._users[number] = user
            greenlet = user.start(self.user_greenlets)
            greenlet.link(lambda done, user=user: self._done(user, done))

    def _not_made(self, number, error):
        logger.critical("Unhandled exception in %s: %s\n%s", "a user's __init__", error, traceback.format_exc())
        log.unhandled_greenlet_exception = True
        _bridge.bridge.tell("done", user=number, made=False)
        if isinstance(error, StopTest):
            self._stop_test(str(error))

    def _done(self, user, greenlet):
        """A user's greenlet has ended."""
        self._users.pop(user._number, None)
        error = greenlet.exception
        if error is not None and not isinstance(error, Exception):
            text = f"{type(error).__name__}: {error}"
            self.log_exception("local", text, "".join(traceback.format_exception(type(error), error, error.__traceback__)))
        _bridge.bridge.tell("done", user=user._number, made=True)

    def _stop_users(self, numbers, force):
        """Stops users; those that do not exist any more are left out."""
        for number in numbers:
            user = self._users.get(number)
            if user is None:
                continue
            if force:
                gevent.spawn(user.group.killone, user.greenlet, block=False)
            elif user._state != "stopping":
                gevent.spawn(user.stop, force=False)

    # A rate of tasks instead of waits

    _by_rate = False

    def _turn_of(self, user):
        from gevent.event import Event

        def turn():
            event = user._may_go = Event()
            user._state = "waiting"
            _bridge.bridge.tell("idle", user=user._number)
            event.wait()
            if user._state == "stopping":
                from .exception import StopUser

                raise StopUser()
            user._state = "running"

        return turn

    def _go(self, number):
        user = self._users.get(number)
        if user is not None:
            user._may_go.set()


class DistributedRunner(Runner):
    """Kept for `isinstance`: nothing here is one."""


class MasterRunner(DistributedRunner):
    """Kept for `isinstance`: nothing here is one."""


class WorkerRunner(DistributedRunner):
    """Kept for `isinstance`: nothing here is one."""


class WorkerNode:
    """Kept for files that import it."""
