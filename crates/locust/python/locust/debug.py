"""Running one user, to look at what it does."""
import inspect
import os
import time
from datetime import datetime


class PrintListener:
    """Prints one line for each request."""

    def __init__(self, env, include_length=False, include_time=False, include_context=False, include_payload=False):
        env.events.request.add_listener(self.on_request)
        self.include_length = include_length
        self.include_time = include_time
        self.include_context = include_context
        print("\ntype\tname".ljust(50) + "\tresp_ms\texception")

    def on_request(self, request_type, name, response_time, response_length, exception, context, response=None, start_time=None, url=None, **_rest):
        """Prints a request."""
        shown = [datetime.fromtimestamp(start_time or time.time()).isoformat()] if self.include_time else []
        shown += [request_type, (name or url or "").ljust(50), str(round(response_time or 0)).ljust(7)]
        shown += [str(response_length)] if self.include_length else []
        shown.append(repr(exception) if exception else "".ljust(9))
        shown += [str(context or "")] if self.include_context else []
        print("\t".join(shown))


_env = None


def run_single_user(user_class, include_length=False, include_time=False, include_context=False, include_payload=False, loglevel="WARNING"):
    """Runs one user in this greenlet, and prints what it requests."""
    global _env
    import locust
    from locust import argument_parser, log
    from locust.env import Environment

    if loglevel:
        log.setup_logging(loglevel)
    if _env is None:
        options = argument_parser.get_parser().parse_args([])
        options.locustfile = os.path.basename(inspect.stack()[1][0].f_code.co_filename)
        _env = Environment(events=locust.events, locustfile=options.locustfile, host=options.host, parsed_options=options)
        PrintListener(_env, include_length, include_time, include_context, include_payload)
        _env.events.init.fire(environment=_env, runner=None, web_ui=None)
        if log.unhandled_greenlet_exception:
            os._exit(1)
    _env.user_classes = [user_class]
    _env._filter_tasks_by_tags()
    _env.events.test_start.fire(environment=_env)
    if _env.host:
        user_class.host = _env.host
    user = user_class(_env)
    _env.single_user_instance = user
    user.run()
