"""How often each task is picked, as a table and as JSON."""
import json
from collections import Counter

from locust.user.task import TaskSet


def users_of(classes, users):
    """How many users of each class there would be."""
    fixed = sum(one.fixed_count for one in classes if one.fixed_count)
    weight = sum(one.weight for one in classes if not one.fixed_count)
    users = users or (weight if not fixed else 1)
    rest = max(0, users - fixed)
    return {one.__name__: round(one.fixed_count or (one.weight / weight) * rest) for one in classes}


def ratios(classes, counts, total):
    """The share of each class and task: of its parent, or of all."""
    everyone = sum(counts.values()) or 1
    found = {}
    for one in classes:
        share = counts.get(one.__name__, 0) / everyone
        found[one.__name__] = {"ratio": share, "tasks": _tasks(one.tasks, total, share)}
    return found


def _tasks(tasks, total, parent):
    parent = parent if total else 1.0
    found = {}
    for one, count in Counter(tasks).items():
        share = count * parent / len(tasks)
        found[one.__name__] = {"ratio": share}
        if isinstance(one, type) and issubclass(one, TaskSet):
            found[one.__name__]["tasks"] = _tasks(one.tasks, total, share)
    return found


def show(classes, users):
    """Prints both tables."""
    counts = users_of(classes, users)
    for title, total in (("Task ratio per User class", False), ("Total task ratio", True)):
        print(f"\n {title}\n" + "-" * 80)
        _show(ratios(classes, counts, total))


def _show(rows, level=0):
    pad = "  " * level
    for name, row in rows.items():
        print(f" {pad + format(row.get('ratio', 1) * 100, '<6.1f'):<10} {pad + name:<50}")
        _show(row.get("tasks", {}), level + 1)


def show_json(classes, users):
    """Prints both as JSON."""
    print(json.dumps(all_of(classes, users), indent=4))


def all_of(classes, users):
    """Both, by classes and in total."""
    counts = users_of(classes, users)
    return {"per_class": ratios(classes, counts, False), "total": ratios(classes, counts, True)}
