"""Remembering what a function returned for a while."""
from time import time


def memoize(timeout, dynamic_timeout=False):
    """Calls the function again only when this many seconds have passed."""
    memory = {"timeout": timeout}

    def decorate(func):
        def wrapper(*args, **kwargs):
            begin = time()
            if "time" not in memory or begin - memory["time"] > memory["timeout"]:
                memory["result"] = func(*args, **kwargs)
                memory["time"] = time()
            return memory["result"]

        def clear_cache():
            memory.pop("time", None)

        wrapper.clear_cache = clear_cache
        return wrapper

    return decorate
