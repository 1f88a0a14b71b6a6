"""Only `fasthttp` is built; everything else of Locust's contributions says that it is not."""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    raise ImportError(f"locust.contrib.{name} is not built into flashcrowd: of locust.contrib, only fasthttp is")
