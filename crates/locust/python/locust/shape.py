"""The load over time, as a file says it."""
import time
from abc import ABCMeta, abstractmethod


class LoadTestShapeMeta(ABCMeta):
    """A shape is abstract if it says so itself."""

    def __new__(mcs, classname, bases, class_dict):
        class_dict["abstract"] = class_dict.get("abstract", False)
        return super().__new__(mcs, classname, bases, class_dict)


class LoadTestShape(metaclass=LoadTestShapeMeta):
    """Asked once a second how many users there shall be."""

    runner = None
    abstract = True
    use_common_options = False

    def __init__(self):
        self.start_time = time.perf_counter()

    def reset_time(self):
        """Begins its time anew."""
        self.start_time = time.perf_counter()

    def get_run_time(self):
        """The seconds since its beginning."""
        return time.perf_counter() - self.start_time

    def get_current_user_count(self):
        """How many users there are."""
        return self.runner.user_count

    @abstractmethod
    def tick(self):
        """Users, users a second, and perhaps classes; None ends the test."""
