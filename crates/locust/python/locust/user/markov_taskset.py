"""Tasks as a Markov chain: each says which may come next."""
import random

from locust.exception import LocustError

from .task import TaskSet, TaskSetMeta


class NoMarkovTasksError(LocustError):
    """There is no task with transitions."""


class InvalidTransitionError(LocustError):
    """A transition leads to nothing."""


class NonMarkovTaskTransitionError(LocustError):
    """A transition leads to a method without transitions."""


class MarkovTaskTagError(LocustError):
    """Tasks of a chain cannot be left out by their tags."""


def is_markov_task(item):
    """Whether it has transitions."""
    return "transitions" in dir(item)


def transition(func_name, weight=1):
    """Says that this task may come next, with a weight."""

    def decorate(decorated):
        if not hasattr(decorated, "transitions"):
            decorated.transitions = {}
        decorated.transitions[func_name] = weight
        return decorated

    return decorate


def transitions(weights):
    """Says which tasks may come next: a dict of weights, or a list of names and pairs."""

    def decorate(decorated):
        if not hasattr(decorated, "transitions"):
            decorated.transitions = {}
        pairs = weights if isinstance(weights, dict) else dict(one if isinstance(one, tuple) else (one, 1) for one in weights)
        decorated.transitions.update(pairs)
        return decorated

    return decorate


def _check(tasks, class_dict, classname):
    if not tasks:
        raise NoMarkovTasksError(f"No Markov tasks defined in class {classname}. Use the @transition(s) decorators to define some.")
    for one in tasks:
        for target in one.transitions:
            if target not in class_dict:
                raise InvalidTransitionError(f"Transition to {target} from {one.__name__} is invalid since no such element exists on class {classname}")
            if not is_markov_task(class_dict[target]):
                raise NonMarkovTaskTransitionError(
                    f"{classname}.{target} cannot be used as a target for a transition since it does not define any transitions itself. "
                    "Used as a transition from " + one.__name__ + "."
                )
        if one.__name__ == "run":
            raise Exception("TaskSet.run() is a method used internally by Locust, and you must not override it or register it as a task")
        if "locust_tag_set" in dir(one):
            raise MarkovTaskTagError(f"Tags are unsupported for MarkovTaskSet since they can make the markov chain invalid! See {classname}.{one.__name__}")
    reached, next_ones = set(), [tasks[0].__name__]
    while next_ones:
        name = next_ones.pop()
        if name not in reached:
            reached.add(name)
            next_ones += list(class_dict[name].transitions)
    if len(reached) < len(tasks):
        import logging

        missing = sorted({one.__name__ for one in tasks} - reached)
        logging.warning("The following markov tasks are unreachable in class %s: %s", classname, missing)


class MarkovTaskSetMeta(TaskSetMeta):
    """Checks the chain of a class."""

    def __new__(mcs, classname, bases, class_dict):
        if not class_dict.get("abstract"):
            class_dict["abstract"] = False
            tasks = [one for one in class_dict.values() if is_markov_task(one)]
            _check(tasks, class_dict, classname)
            class_dict["current"] = tasks[0]
            for one in tasks:
                if isinstance(one.transitions, dict):
                    one.transitions = [name for name, weight in one.transitions.items() for _ in range(weight)]
        return type.__new__(mcs, classname, bases, class_dict)


class MarkovTaskSet(TaskSet, metaclass=MarkovTaskSetMeta):
    """Tasks of which each is followed by one of those that it leads to."""

    abstract = True
    current = None

    def get_next_task(self):
        """The task that was picked last; the next one is picked by its transitions."""
        here = self.current
        self.current = getattr(self, random.choice(here.transitions))
        return here

    def execute_task(self, one):
        """Runs a task of the chain, whether it is bound or not."""
        if hasattr(one, "__self__"):
            one()
        else:
            super().execute_task(one)
