"""Tasks in a fixed order."""
from itertools import cycle

from locust.exception import LocustError

from .task import TaskSet, TaskSetMeta


class SequentialTaskSetMeta(TaskSetMeta):
    """Collects the tasks of a class in the order of their declaration."""

    def __new__(mcs, classname, bases, class_dict):
        found = []
        for base in bases:
            if getattr(base, "tasks", None):
                found += base.tasks
        for key, value in class_dict.items():
            if key == "tasks":
                if isinstance(value, list):
                    found.extend(value)
                elif isinstance(value, dict):
                    for one, weight in value.items():
                        found += [one] * weight
                else:
                    raise ValueError("The 'tasks' attribute can only be set to list or dict")
            if "locust_task_weight" in dir(value):
                found += [value] * value.locust_task_weight
        class_dict["tasks"] = found
        return type.__new__(mcs, classname, bases, class_dict)


class SequentialTaskSet(TaskSet, metaclass=SequentialTaskSetMeta):
    """Tasks that are run in the order of their declaration, again and again."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._task_cycle = cycle(self.tasks)

    def get_next_task(self):
        """The next task in the order."""
        if not self.tasks:
            raise LocustError("No tasks defined. Use the @task decorator or set the 'tasks' attribute of the SequentialTaskSet")
        return next(self._task_cycle)
