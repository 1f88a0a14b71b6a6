"""Tasks, and sets of tasks that a user runs."""
import logging
import random
import traceback
from collections import deque
from time import perf_counter, time

import gevent
from gevent import GreenletExit

from _flashcrowd import bridge as _bridge
from locust.exception import (
    InterruptTaskSet,
    MissingWaitTimeError,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)

logger = logging.getLogger(__name__)

LOCUST_STATE_RUNNING, LOCUST_STATE_WAITING, LOCUST_STATE_STOPPING = "running", "waiting", "stopping"

_ENDS = (StopUser, StopTest, GreenletExit)


def task(weight=1):
    """Makes a method or a class a task, with a weight."""

    def decorate(func):
        if func.__name__ in ("on_stop", "on_start"):
            logging.warning(
                "You have tagged your on_stop/start function with @task. This will make the method get called both as a task AND on stop/start."
            )
        if func.__name__ == "run":
            raise Exception("User.run() is a method used internally by Locust, and you must not override it or register it as a task")
        func.locust_task_weight = weight
        return func

    if callable(weight):
        func, weight = weight, 1
        return decorate(func)
    return decorate


def tag(*tags):
    """Gives a task, or all tasks of a set, these tags."""

    def decorate(decorated):
        if hasattr(decorated, "tasks"):
            decorated.tasks = [tag(*tags)(one) for one in decorated.tasks]
        else:
            if "locust_tag_set" not in decorated.__dict__:
                decorated.locust_tag_set = set()
            decorated.locust_tag_set |= set(tags)
        return decorated

    if not tags or callable(tags[0]):
        raise ValueError("No tag name was supplied")
    return decorate


def get_tasks_from_base_classes(bases, class_dict):
    """All tasks of a class: those of its bases, of its `tasks`, and those that are declared in it."""
    found = []
    for base in bases:
        if getattr(base, "tasks", None):
            found += base.tasks
    own = class_dict.get("tasks")
    if own is not None:
        for one in own.items() if isinstance(own, dict) else own:
            if isinstance(one, tuple):
                found += [one[0]] * one[1]
            else:
                found.append(one)
    for item in class_dict.values():
        if "locust_task_weight" in dir(item):
            found += [item] * item.locust_task_weight
    return found


def is_markov_taskset(item):
    """Whether it is a Markov chain, whose tasks are found by their transitions."""
    return type(item).__name__ == "MarkovTaskSetMeta"


def filter_tasks_by_tags(holder, tags=None, exclude_tags=None, checked=None):
    """Removes the tasks that are not wanted, also from nested sets."""
    checked = {} if checked is None else checked
    kept = []
    for one in holder.tasks:
        if one not in checked:
            if hasattr(one, "tasks"):
                filter_tasks_by_tags(one, tags, exclude_tags, checked)
                checked[one] = bool(one.tasks) or is_markov_taskset(one)
            else:
                own = getattr(one, "locust_tag_set", None) or set()
                wanted = tags is None or bool(own & tags)
                checked[one] = wanted and not (exclude_tags is not None and own & exclude_tags)
        if checked[one]:
            kept.append(one)
    holder.tasks = kept
    if not kept and not is_markov_taskset(holder):
        logging.warning("%s had no tasks left after filtering, instantiating it will fail!", holder.__name__)


class TaskSetMeta(type):
    """Collects the tasks of a class."""

    def __new__(mcs, classname, bases, class_dict):
        class_dict["tasks"] = get_tasks_from_base_classes(bases, class_dict)
        return type.__new__(mcs, classname, bases, class_dict)


class TaskSet(metaclass=TaskSetMeta):
    """Tasks that are run one after the other, each picked at random, with a wait after each."""

    tasks = []
    min_wait = None
    max_wait = None
    wait_function = None

    def __init__(self, parent):
        self._task_queue = deque()
        self._time_start = time()
        self._user = parent.user if isinstance(parent, TaskSet) else parent
        self._parent = parent
        for name in ("min_wait", "max_wait", "wait_function"):
            if not getattr(self, name):
                setattr(self, name, getattr(self._user, name))
        self._cp_last_run = perf_counter()
        self._cp_last_wait_time = 0

    @property
    def user(self):
        """The user that runs it."""
        return self._user

    @property
    def parent(self):
        """The set or the user that it is nested in."""
        return self._parent

    @property
    def client(self):
        """The user's client."""
        return self._user.client

    def on_start(self):
        """Called when a user begins with it."""

    def on_stop(self):
        """Called when a user leaves it."""

    def run(self):
        """Runs tasks until one of them leaves the set."""
        try:
            self.on_start()
        except InterruptTaskSet as error:
            kind = RescheduleTaskImmediately if error.reschedule else RescheduleTask
            raise kind(error.reschedule).with_traceback(error.__traceback__)
        while True:
            try:
                self._next_task()
            except InterruptTaskSet as error:
                try:
                    self.on_stop()
                except _ENDS:
                    raise
                except Exception:
                    logging.error("Uncaught exception in on_stop: \n%s", traceback.format_exc())
                kind = RescheduleTaskImmediately if error.reschedule else RescheduleTask
                raise kind(error.reschedule) from error
            except _ENDS:
                try:
                    self.on_stop()
                except Exception:
                    logging.error("Uncaught exception in on_stop: \n%s", traceback.format_exc())
                raise
            except Exception as error:
                self._failed(error)

    def _next_task(self):
        user = self._user
        if not self._task_queue:
            self.schedule_task(self.get_next_task())
        if user._state == LOCUST_STATE_STOPPING:
            raise StopUser()
        is_set = hasattr(self._task_queue[0], "tasks")
        if user._turn is not None and not is_set:
            user._turn()
        begin = perf_counter()
        failed = 1
        try:
            try:
                self.execute_next_task()
                failed = 0
            except (RescheduleTaskImmediately, RescheduleTask, InterruptTaskSet, StopUser):
                failed = 0
                raise
            except GreenletExit:
                failed = 2
                raise
            finally:
                if not is_set:
                    user._task_done(failed, begin)
                    if user._turn is not None:
                        user._turn(is_over=True)
        except RescheduleTaskImmediately:
            return
        except RescheduleTask:
            pass
        self.wait()

    def _failed(self, error):
        """A task raised: it is told, and the next one comes after the wait."""
        environment = self._user.environment
        environment.events.user_error.fire(user_instance=self, exception=error, tb=error.__traceback__)
        if not environment.catch_exceptions:
            raise error
        logger.error("%s\n%s", error, "".join(traceback.format_exception(type(error), error, error.__traceback__)))
        self.wait()

    def execute_next_task(self):
        """Runs the first task of the queue."""
        self.execute_task(self._task_queue.popleft())

    def execute_task(self, one):
        """Runs a task: a bound method, a nested set, or a function."""
        if getattr(one, "__self__", None) is self:
            one()
        elif hasattr(one, "tasks") and issubclass(one, TaskSet):
            one(self).run()
        else:
            one(self)

    def schedule_task(self, task_callable, first=False):
        """Puts a task into the queue, at its end or at its beginning."""
        if first:
            self._task_queue.appendleft(task_callable)
        else:
            self._task_queue.append(task_callable)

    def get_next_task(self):
        """Picks the next task."""
        if not self.tasks:
            raise Exception(f"No tasks defined on {type(self).__name__}{_hint(self, '')} use the @task decorator or set the 'tasks' attribute of the TaskSet")
        return random.choice(self.tasks)

    def wait_time(self):
        """How long to wait: as the user says, where the set says nothing."""
        if self._user.wait_time:
            return self._user.wait_time()
        if self.min_wait is not None and self.max_wait is not None:
            return random.randint(self.min_wait, self.max_wait) / 1000.0
        raise MissingWaitTimeError(f"You must define a wait_time method on either the {type(self._user).__name__} or {type(self).__name__} class")

    def wait(self):
        """Waits; a user that is to stop ends here."""
        user = self._user
        if user._state == LOCUST_STATE_STOPPING:
            raise StopUser()
        if user._by_rate:
            # The rate says when the next task comes, and no wait does.
            return
        user._state = LOCUST_STATE_WAITING
        self._sleep(self.wait_time())
        if user._state == LOCUST_STATE_STOPPING:
            raise StopUser()
        user._state = LOCUST_STATE_RUNNING

    def _sleep(self, seconds):
        bridge = _bridge.bridge
        if bridge is None:
            gevent.sleep(seconds)
        else:
            bridge.waits.sleep(seconds)

    def interrupt(self, reschedule=True):
        """Leaves the set, and goes on in the one around it."""
        raise InterruptTaskSet(reschedule)


class DefaultTaskSet(TaskSet):
    """The set of the tasks that stand in the user's class."""

    def get_next_task(self):
        """Picks the user's next task."""
        if not self._user.tasks:
            raise Exception(
                f"No tasks defined on {type(self._user).__name__}{_hint(self._user, ' on your class')} Use the @task decorator or set the 'tasks' "
                "attribute of the User (or mark it as abstract = True if you only intend to subclass it)"
            )
        return random.choice(self._user.tasks)

    def execute_task(self, one):
        """Runs a task with the user as its argument."""
        if hasattr(one, "tasks") and issubclass(one, TaskSet):
            one(self._user).run()
        else:
            one(self._user)


def _hint(holder, where):
    return f", but you have set a 'task' attribute{where} - maybe you meant to set 'tasks'?" if getattr(holder, "task", None) else "."
