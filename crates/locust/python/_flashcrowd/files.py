"""Finds the files of a test, imports them, and picks their classes."""
import importlib.machinery
import importlib.util
import inspect
import os
import sys


def fail(text, code=1):
    """Says why there is no test, and ends."""
    sys.stderr.write(text.rstrip("\n") + "\n")
    sys.exit(code)


def paths_of(option):
    """The files that -f names."""
    found = []
    for path in (one.strip() for one in option.split(",")):
        if path == "-":
            fail("locustfile was set to '-' (meaning to download from master), and there is no master here")
        if path.startswith(("http://", "https://")):
            fail(f"a locustfile from a URL is not built: download {path} first")
        if os.path.isdir(path):
            inside = sorted(
                os.path.abspath(os.path.join(folder, name))
                for folder, _folders, names in os.walk(path)
                for name in names
                if name.endswith(".py") and not name.startswith("_")
            )
            if not inside:
                fail(f"Could not find any locustfiles in directory '{path}'")
            found += inside
        elif os.path.exists(path) and path.endswith(".py"):
            found.append(os.path.abspath(path))
        else:
            fail(f"Could not find '{path}'. Ensure your locustfile ends with '.py' or is a directory with locustfiles. See --help for available options.")
    return found


def load(path):
    """Imports a file as Locust does: its folder is on the path while it is imported."""
    from locust.shape import LoadTestShape
    from locust.user.users import User

    sys.path.insert(0, os.getcwd())
    folder, name = os.path.split(path)
    was_there = folder in sys.path
    if was_there:
        sys.path.remove(folder)
    sys.path.insert(0, folder)
    module = os.path.splitext(name)[0]
    if module == "locust":
        module = "locustfile"
    loader = importlib.machinery.SourceFileLoader(module, path)
    spec = importlib.util.spec_from_file_location(module, path, loader=loader)
    imported = importlib.util.module_from_spec(spec)
    sys.modules[module] = imported
    loader.exec_module(imported)
    if not was_there and folder in sys.path:
        sys.path.remove(folder)
    values = list(vars(imported).items())
    users = {key: one for key, one in values if inspect.isclass(one) and issubclass(one, User) and one.abstract is False}
    shapes = [one() for _key, one in values if inspect.isclass(one) and issubclass(one, LoadTestShape) and not getattr(one, "abstract", True)]
    return users, shapes


def load_all(paths):
    """The user classes and shapes of all files."""
    users, shapes = {}, {}
    for path in paths:
        found, found_shapes = load(path)
        for shape in found_shapes:
            _add(shapes, type(shape).__name__, shape, type(shape), "shape classes")
        for name, one in found.items():
            _add(users, name, one, one, "user class names")
    return users, shapes


def _add(known, name, value, kind, what):
    if name not in known:
        known[name] = value
        return
    other = known[name] if inspect.isclass(known[name]) else type(known[name])
    here, there = inspect.getfile(kind), inspect.getfile(other)
    if here != there:
        fail(f"Duplicate {what}: {name} is defined in both {there} and {here}")
