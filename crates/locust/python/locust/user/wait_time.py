"""How long a user waits between two tasks."""
import random
from time import perf_counter


def between(min_wait, max_wait):
    """Any time between the two, in seconds."""
    return lambda instance: min_wait + random.random() * (max_wait - min_wait)


def constant(wait_time):
    """Always the same time, in seconds."""
    return lambda instance: wait_time


def constant_pacing(wait_time):
    """What is left of this time after the task, so that tasks begin this far apart; nothing after a longer task."""

    def rest(self):
        took = perf_counter() - self._cp_last_run - self._cp_last_wait_time
        self._cp_last_wait_time = max(0, wait_time - took)
        self._cp_last_run = perf_counter()
        return self._cp_last_wait_time

    return rest


def constant_throughput(task_runs_per_second):
    """So that tasks begin this often a second."""
    if task_runs_per_second <= 0:
        raise ValueError(f"constant_throughput() requires a positive rate, got: {task_runs_per_second}")
    return constant_pacing(1 / task_runs_per_second)


def poisson(rate):
    """Exponentially distributed times, so that tasks arrive at random, this often a second."""
    if rate <= 0:
        raise ValueError(f"poisson() requires a positive rate, got: {rate}")
    return lambda instance: random.expovariate(rate)
