"""Users: who does what, with which client."""
import logging
import re
import time
import traceback
from contextlib import contextmanager
from json.decoder import JSONDecodeError

from gevent import GreenletExit

from _flashcrowd import bridge as _bridge
from locust.exception import StopTest, StopUser

from .task import (
    LOCUST_STATE_RUNNING,
    LOCUST_STATE_STOPPING,
    LOCUST_STATE_WAITING,
    DefaultTaskSet,
    get_tasks_from_base_classes,
)
from .wait_time import constant

logger = logging.getLogger(__name__)

NO_HOST = "You must specify the base host. Either in the host attribute in the User class, or on the command line using the --host option."


class UserMeta(type):
    """Collects the tasks of a class; a class is abstract if it says so itself."""

    def __new__(mcs, classname, bases, class_dict):
        class_dict["tasks"] = get_tasks_from_base_classes(bases, class_dict)
        if not class_dict.get("abstract"):
            class_dict["abstract"] = False
        if "task_set" in class_dict:
            logging.warning("Usage of User.task_set is deprecated since version 1.0. Set the tasks attribute instead")
        return type.__new__(mcs, classname, bases, class_dict)


class User(metaclass=UserMeta):
    """A user that runs its tasks until it is stopped."""

    host = None
    min_wait = None
    max_wait = None
    wait_time = constant(0)
    wait_function = None
    tasks = []
    weight = 1
    fixed_count = 0
    abstract = True
    _turn = None
    _by_rate = False

    def __init__(self, environment):
        super().__init__()
        self.environment = environment
        self._state = None
        self._greenlet = None
        self._group = None
        self._taskset_instance = None
        self._cp_last_run = time.perf_counter()
        self._cp_last_wait_time = 0

    def on_start(self):
        """Called when the user starts."""

    def on_stop(self):
        """Called when the user stops."""

    def run(self):
        """The life of the user."""
        self._state = LOCUST_STATE_RUNNING
        self._taskset_instance = DefaultTaskSet(self)
        try:
            try:
                self.on_start()
            except Exception as error:
                if not isinstance(error, (StopUser, StopTest)):
                    logger.error("%s\n%s", error, traceback.format_exc())
                    self.environment.events.user_error.fire(user_instance=self, exception=error, tb=error.__traceback__)
                raise
            self._taskset_instance.run()
        except StopTest as error:
            self.environment._test_stopped_by(self, error)
            self.on_stop()
        except (GreenletExit, StopUser):
            self.on_stop()

    def _task_done(self, failed, begin):
        bridge = _bridge.bridge
        if bridge is not None:
            bridge.task_done(failed, int((time.perf_counter() - begin) * 1e6))

    def wait(self):
        """Waits as after a task."""
        self._taskset_instance.wait()

    def start(self, group):
        """Starts the user in a greenlet of this group."""
        self._group = group
        self._greenlet = group.spawn(_run_user, self)
        return self._greenlet

    def stop(self, force=False):
        """Ends the user: at once if it waits or is forced, else after its task."""
        if force or self._state in (None, LOCUST_STATE_WAITING):
            self._group.killone(self._greenlet)
            return True
        if self._state == LOCUST_STATE_RUNNING:
            self._state = LOCUST_STATE_STOPPING
            return False
        raise Exception(f"Tried to stop User in an unexpected state: {self._state}. This should never happen.")

    @property
    def group(self):
        """The group of its greenlet."""
        return self._group

    @property
    def greenlet(self):
        """Its greenlet."""
        return self._greenlet

    def context(self):
        """What is added to the context of its requests."""
        return {}

    @classmethod
    def json(cls):
        """The class in a few fields."""
        return {"host": cls.host, "weight": cls.weight, "fixed_count": cls.fixed_count, "tasks": [one.__name__ for one in cls.tasks]}

    @classmethod
    def fullname(cls):
        """The name with the module's."""
        return ".".join(part for part in f"{cls.__module__}.{cls.__qualname__}".split(".") if part != "<locals>")


def _run_user(user):
    user.run()


class RestMixin:
    """`rest`, for users with a client."""

    _place = re.compile(r'  File "(\/.[^"]*)", line (\d*),(.*)')

    @contextmanager
    def rest(self, method, url, headers=None, **kwargs):
        """A request whose answer is parsed as JSON into `js`, and that fails on anything that goes wrong in the block."""
        headers = dict(headers) if headers else {}
        for name in ("Content-Type", "Accept"):
            if name not in headers and name.lower() not in headers:
                headers[name] = "application/json"
        with self.client.request(method, url, catch_response=True, headers=headers, **kwargs) as response:
            response.js = None
            if response.content is None:
                response.failure(str(response.error))
            elif response.text:
                try:
                    response.js = response.json()
                except JSONDecodeError as error:
                    response.failure(
                        f"Could not parse response as JSON. {response.text[:250]}, response code {response.status_code}, error {error}"
                    )
            try:
                yield response
            except AssertionError as error:
                self._assertion(response, error)
            except Exception as error:
                places = []
                for line in traceback.format_exc().split("\n"):
                    found = self._place.match(line)
                    if found:
                        places.append(re.sub(r"/((home|Users)/\w*)/", "~/", found.group(1)) + ":" + found.group(2) + found.group(3))
                shown = response.text[:200] if response.text else response.text
                response.failure(f"{type(error).__name__}: {error} at {', '.join(places)}. Response was {shown}")

    @staticmethod
    def _assertion(response, error):
        if not error.args:
            response.failure("Assertion failed")
        elif isinstance(error.args[0], str) and error.args[0].endswith(","):
            shown = response.text[:200] if response.text else response.text
            response.failure(f"{error.args[0][:-1]}, response was {shown}")
        else:
            response.failure(error.args[0])

    @contextmanager
    def rest_(self, method, url, name=None, **kwargs):
        """The same with the time in the query, so that no cache answers."""
        separator = "&" if "?" in url else "?"
        if name is None:
            name = url + separator + "_=..."
        with self.rest(method, f"{url}{separator}_={int(time.time() * 1000)}", name=name, **kwargs) as response:
            yield response


class HttpUser(User, RestMixin):
    """A user whose client is a session of requests."""

    abstract = True
    pool_manager = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.host is None:
            raise StopTest(NO_HOST)
        from locust.clients import HttpSession

        self.client = HttpSession(base_url=self.host, request_event=self.environment.events.request, user=self, pool_manager=self.pool_manager)
        self.client.trust_env = False


class PytestUser(User):
    """Not built: tests of pytest are no users here."""

    abstract = True

    def __init__(self, *args, **kwargs):
        raise NotImplementedError("PytestUser is not built into flashcrowd: write a User class with tasks")
