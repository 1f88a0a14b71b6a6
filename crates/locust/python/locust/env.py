"""The environment: what everything in a run belongs to."""
import logging

from .event import Events
from .exception import RunnerAlreadyExistsError
from .shape import LoadTestShape
from .stats import RequestStats
from .user.task import TaskSet, filter_tasks_by_tags

logger = logging.getLogger(__name__)


class Environment:
    """Events, statistics, the runner, and what the test is run with."""

    def __init__(
        self, *, user_classes=None, shape_class=None, tags=None, locustfile=None, exclude_tags=None, events=None, host=None,
        reset_stats=False, stop_timeout=None, catch_exceptions=True, parsed_options=None, parsed_locustfiles=None,
        available_user_classes=None, available_shape_classes=None, available_user_tasks=None, dispatcher_class=None, profile=None,
    ):
        self.runner = None
        self.web_ui = None
        self.process_exit_code = None
        self.events = events or Events()
        self.locustfile = locustfile
        self.user_classes = user_classes or []
        self.shape_class = shape_class
        self.tags = tags
        self.exclude_tags = exclude_tags
        self.stats = RequestStats()
        self.host = host
        self.reset_stats = reset_stats
        self.profile = profile
        if stop_timeout is not None:
            self.stop_timeout = stop_timeout
        else:
            self.stop_timeout = float(getattr(parsed_options, "stop_timeout", 0.0) or 0.0) if parsed_options else 0.0
        self.catch_exceptions = catch_exceptions
        self.parsed_options = parsed_options
        self.parsed_locustfiles = parsed_locustfiles
        self.available_user_classes = available_user_classes
        self.available_shape_classes = available_shape_classes
        self.available_user_tasks = available_user_tasks
        self.worker_logs = {}
        self._tasks_filtered = False
        self._check()

    def _check(self):
        if self.user_classes:
            kept = [one for one in self.user_classes if one.weight > 0 or one.fixed_count > 0]
            if not kept:
                raise ValueError("There are no users with weight > 0.")
            self.user_classes[:] = kept
        seen = {}
        for one in self.user_classes:
            other = seen.setdefault(one.__name__, one)
            if other is not one:
                raise ValueError(f"The following user classes have the same class name: {one.fullname()}, {other.fullname()}")
        if self.shape_class is not None and not isinstance(self.shape_class, LoadTestShape):
            raise ValueError(f"shape_class should be instance of LoadTestShape or subclass LoadTestShape, but got: {self.shape_class}")

    def create_local_runner(self):
        """The runner of this process."""
        from .runners import LocalRunner

        return self._create_runner(LocalRunner)

    def _create_runner(self, kind, *args):
        if self.runner is not None:
            raise RunnerAlreadyExistsError(f"Environment.runner already exists ({self.runner})")
        self.runner = kind(self, *args)
        if self.shape_class:
            self.shape_class.runner = self.runner
        return self.runner

    def create_master_runner(self, *_args, **_kwargs):
        """Not built."""
        raise NotImplementedError("masters and workers on several machines are not built into flashcrowd: give --processes")

    create_worker_runner = create_master_runner

    def create_web_ui(self, *_args, **_kwargs):
        """Not built."""
        raise NotImplementedError("a web page of one's own is not built into flashcrowd: run without --headless for its page")

    def update_user_class(self, user_settings):
        """Sets attributes of a class: what --config-users does."""
        name = user_settings.get("user_class_name")
        user_class = self.available_user_classes[name]
        for key, value in user_settings.items():
            if key == "tasks":
                user_class.tasks = [one for one in self.available_user_tasks[name] if one.__name__ in value]
            elif key != "user_class_name":
                setattr(user_class, key, value)

    def _filter_tasks_by_tags(self):
        if self._tasks_filtered:
            return
        self._tasks_filtered = True
        options = self.parsed_options
        tags = self.tags if self.tags is not None else getattr(options, "tags", None) or None
        exclude = self.exclude_tags if self.exclude_tags is not None else getattr(options, "exclude_tags", None) or None
        for user_class in self.user_classes:
            filter_tasks_by_tags(user_class, None if tags is None else set(tags), None if exclude is None else set(exclude))

    def assign_equal_weights(self):
        """All classes, and all tasks of each, equally often."""
        for user_class in self.user_classes:
            user_class.weight = 1
            found, left = [], list(user_class.tasks)
            while left:
                one = left.pop()
                if isinstance(one, type) and issubclass(one, TaskSet):
                    left.extend(one.tasks)
                elif callable(one):
                    if one not in found:
                        found.append(one)
                else:
                    raise ValueError("Unrecognized task type in user")
            user_class.tasks = found

    def _test_stopped_by(self, user, error):
        """A user raised StopTest: the run ends."""
        logger.error("%s", error)
        if self.runner is not None:
            self.runner._stop_test(str(error))

    @property
    def user_classes_by_name(self):
        """The classes by their names."""
        return {one.__name__: one for one in self.user_classes}
