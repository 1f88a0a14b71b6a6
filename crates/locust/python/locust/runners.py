"""The runner, as files see it: flashcrowd runs the test, and this asks it to."""
import json
import logging
import socket
import traceback
from uuid import uuid4

import gevent
from gevent.event import Event
from gevent.pool import Group

from _flashcrowd import bridge as _bridge

from . import log
from .exception import StopTest, StopUser

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
    """A message between processes, or from one to itself."""

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
        self.worker_count = 1
        self.client_id = socket.gethostname() + "_" + uuid4().hex
        self._users = {}

        def on_user_error(user_instance, exception, tb):
            self.log_exception(self._node_id, str(exception), "".join(traceback.format_tb(tb)))

        environment.events.user_error.add_listener(on_user_error)

    _node_id = "local"

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
        if self.state == STATE_STOPPED and what == "stop":
            return
        _bridge.bridge.tell(what)
        current = gevent.getcurrent()
        if current in self.user_greenlets or getattr(current, "is_awaited", False):
            return
        while self.state != STATE_STOPPED:
            gevent.sleep(0.05)

    def _stop_test(self, reason):
        _bridge.bridge.tell("stop_test", reason=reason)

    def _take_message(self, kind, data, node_id):
        """Hands a message to who hears it in this process."""
        if kind not in self.custom_messages:
            logger.warning("Unknown message type received: %s", kind)
            return
        listener, concurrent = self.custom_messages[kind]
        message = Message(kind, data, node_id)
        if concurrent:
            gevent.spawn(listener, environment=self.environment, msg=message).link_exception(log.greenlet_exception_logger(logger))
        else:
            listener(environment=self.environment, msg=message)

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
            user._turn = self._turn_of(user)
            user._by_rate = self._by_rate
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
            self.log_exception(self._node_id, text, "".join(traceback.format_exception(type(error), error, error.__traceback__)))
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

    # Tasks that are counted, or come at a rate instead of after waits

    _by_rate = False
    _left = None
    _under_way = 0

    def _allow(self, tasks):
        """So many tasks may begin from now on; any number, if it is None."""
        self._left, self._under_way = tasks, 0
        if tasks == 0:
            _bridge.bridge.tell("spent")

    def _turn_of(self, user):
        """What a user calls before a task, and after it; None where tasks just begin."""
        if not self._by_rate and self._left is None:
            return None

        def turn(is_over=False):
            if is_over:
                self._end_task()
                return
            self._begin_task()
            try:
                if self._by_rate:
                    self._wait_for_turn(user)
            except BaseException:
                # It was stopped before its task began.
                if self._left is not None:
                    self._left += 1
                    self._under_way -= 1
                raise

        return turn

    def _begin_task(self):
        if self._left is not None:
            if self._left <= 0:
                raise StopUser()
            self._left -= 1
            self._under_way += 1

    def _end_task(self):
        if self._left is not None:
            self._under_way -= 1
            if self._left <= 0 and self._under_way == 0:
                _bridge.bridge.tell("spent")

    @staticmethod
    def _wait_for_turn(user):
        event = user._may_go = Event()
        user._state = "waiting"
        _bridge.bridge.tell("idle", user=user._number)
        event.wait()
        if user._state == "stopping":
            raise StopUser()
        user._state = "running"

    def _go(self, number):
        user = self._users.get(number)
        if user is not None:
            user._may_go.set()


class LocalRunner(Runner):
    """The runner of the only process."""

    worker_index = 0

    def send_message(self, msg_type, data=None, client_id=None):
        """Hands a message to who hears it in this process."""
        self._take_message(msg_type, data, "local")


class DistributedRunner(Runner):
    """What the runners of several processes have."""

    def __init__(self, environment):
        super().__init__(environment)
        if _bridge.bridge is not None:
            _bridge.bridge.is_shared = True

    @staticmethod
    def _send(kind, data, to=None):
        # What cannot be sent fails where it is sent.
        _bridge.bridge.tell("message", type=kind, data=json.loads(json.dumps(data)), to=to)


_REPORT = "worker_report"


class MasterRunner(DistributedRunner):
    """The runner of the process that leads, and has no users."""

    worker_index = -1
    _node_id = "master"

    def __init__(self, environment):
        super().__init__(environment)
        self.clients = WorkerNodes()
        self.worker_indexes = {}
        self._counts = {}

    @property
    def user_count(self):
        """How many users there are in all processes."""
        return sum(self._counts.values())

    @property
    def user_classes_count(self):
        """How many users of each class there are in all processes."""
        return {one.__name__: self._counts.get(one.__name__, 0) for one in self.user_classes}

    @property
    def exceptions(self):
        """The exceptions of users in all processes."""
        found = self.stats._now().get("exceptions", ())
        return {hash(one["traceback"]): {**one, "nodes": set(one["nodes"])} for one in found}

    @exceptions.setter
    def exceptions(self, value):
        pass

    @property
    def reported_user_classes_count(self):
        """The same."""
        return self.user_classes_count

    @property
    def worker_count(self):
        """How many processes have users."""
        return len([one for one in self.clients.values() if one.state != STATE_MISSING])

    @worker_count.setter
    def worker_count(self, value):
        pass

    def get_worker_index(self, client_id):
        """The number of a process."""
        return self.worker_indexes[client_id]

    def send_message(self, msg_type, data=None, client_id=None):
        """Sends a message to the process of this id, or to all that have users."""
        self._send(msg_type, data, client_id)

    def _take_message(self, kind, data, node_id):
        if kind == _REPORT and kind not in self.custom_messages:
            self.environment.events.worker_report.fire(client_id=node_id, data=data)
        else:
            super()._take_message(kind, data, node_id)

    def _meet(self, ids):
        """The processes that have users."""
        for number, client_id in enumerate(ids):
            self.worker_indexes[client_id] = number
            self.clients[client_id] = WorkerNode(client_id)
            self.environment.events.worker_connect.fire(client_id=client_id)

    def _note(self, counts, workers):
        """How many users there are elsewhere."""
        self._counts = counts
        for one in workers:
            node = self.clients.get(one["id"])
            if node is not None:
                node.user_count = one["user_count"]
                node.state = STATE_MISSING if one["gone"] else self.state


class WorkerRunner(DistributedRunner):
    """The runner of a process that has users, beside others."""

    def __init__(self, environment, number, of):
        super().__init__(environment)
        self.worker_index = number
        self.worker_count = of
        self.connected = True
        self._node_id = self.client_id

    def send_message(self, msg_type, data=None, client_id=None):
        """Sends a message to the process that leads."""
        self._send(msg_type, data)

    def _report(self):
        """Sends what listeners want to report, with the numbers of users."""
        if self.environment.events.report_to_master._handlers:
            data = {"user_classes_count": self.user_classes_count, "user_count": self.user_count}
            self.environment.events.report_to_master.fire(client_id=self.client_id, data=data)
            self._send(_REPORT, data)

    def _keep_reporting(self):
        while self.state in (STATE_SPAWNING, STATE_RUNNING):
            gevent.sleep(WORKER_REPORT_INTERVAL)
            self._report()


class WorkerNode:
    """A process that has users, as the one that leads sees it."""

    def __init__(self, id, state=STATE_INIT):
        self.id = id
        self.state = state
        self.user_count = 0
        self.cpu_usage = 0
        self.memory_usage = 0
        self.user_classes_count = {}


class WorkerNodes(dict):
    """All of them, by their ids."""

    def _in(self, *states):
        return [one for one in self.values() if one.state in states]

    all = property(lambda self: list(self.values()))
    ready = property(lambda self: self._in(STATE_INIT))
    spawning = property(lambda self: self._in(STATE_SPAWNING))
    running = property(lambda self: self._in(STATE_RUNNING))
    missing = property(lambda self: self._in(STATE_MISSING))
