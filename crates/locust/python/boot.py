"""The child's first lines: gevent before anything else, then the modules that came over standard input."""
import sys


def leave(fault, detail=""):
    """Says in one frame why there is no child, and ends."""
    import json
    import os
    import struct

    text = json.dumps({"say": "refused", "fault": fault, "detail": str(detail), "python": sys.executable}).encode()
    os.write(0, struct.pack("<IB", len(text) + 1, 0) + text)
    os._exit(104)


def is_free_threaded():
    import sysconfig

    return bool(sysconfig.get_config_var("Py_GIL_DISABLED"))


if sys.version_info < (3, 9):
    leave("version", sys.version.split()[0])
if is_free_threaded():
    leave("free-threaded", sys.version.split()[0])
try:
    from gevent import monkey
except ImportError as error:
    leave("gevent", error)
monkey.patch_all()

import importlib.abc
import importlib.machinery
import json
import os
import struct
import zlib


def read(size):
    pieces = []
    while size:
        piece = os.read(0, min(size, 1 << 20))
        if not piece:
            os._exit(3)
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


class Sources(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Finds and loads modules whose texts are in memory."""

    def __init__(self, texts):
        self.texts = texts

    def path(self, name):
        path = name.replace(".", "/")
        for candidate in (path + ".py", path + "/__init__.py"):
            if candidate in self.texts:
                return candidate
        return None

    def find_spec(self, name, path=None, target=None):
        found = self.path(name)
        if not found:
            if name.startswith("locust.contrib."):
                raise ImportError(f"{name} is not built into flashcrowd: of locust.contrib, only fasthttp is", name=name)
            return None
        is_package = found.endswith("__init__.py")
        spec = importlib.machinery.ModuleSpec(name, self, origin=f"<flashcrowd>/{found}", is_package=is_package)
        spec.has_location = True
        spec.cached = None
        return spec

    def is_package(self, name):
        return self.path(name).endswith("__init__.py")

    def get_source(self, name):
        return self.texts[self.path(name)]

    def get_code(self, name):
        return compile(self.get_source(name), f"<flashcrowd>/{self.path(name)}", "exec", dont_inherit=True)


(length,) = struct.unpack("<I", read(4))
sys.meta_path.insert(0, Sources(json.loads(zlib.decompress(read(length)))))

import _flashcrowd.main

_flashcrowd.main.main()
