"""From the command line to users: reads the files, says what is in them, and does what flashcrowd asks for."""
import faulthandler
import gc
import logging
import os
import signal
import sys
import traceback

import gevent
from gevent.event import Event

from . import bridge as _bridge
from . import files, ratio

COMMON = {"num_users": "users", "spawn_rate": "spawn-rate", "run_time": "run-time"}


def main():
    """Runs the child to its end."""
    bridge = _bridge.open_bridge()
    # Signals are flashcrowd's to hear: it says what is to end. A handler is not inherited by what files start.
    signal.signal(signal.SIGINT, lambda *_: None)
    _die_with_parent()
    _tell_stack()
    sys.argv[0] = "locust"
    child = Child(bridge)
    try:
        code = child.run()
    except BaseException as error:
        # What ends before there is a test has said why; a user that calls sys.exit ends a test.
        if child.runner is not None or not isinstance(error, SystemExit):
            bridge.tell("died", traceback=traceback.format_exc())
            bridge.flush_now()
        raise
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)


def _die_with_parent():
    """Ends this process with flashcrowd, even while it computes (Linux); and gives it the pages of memory that it would have had."""
    try:
        import ctypes

        prctl = ctypes.CDLL(None).prctl
        prctl(1, signal.SIGKILL, 0, 0, 0)
        prctl(41, 0, 0, 0, 0)
    except Exception:
        pass


def _tell_stack():
    """Where this process computes is written to a file when flashcrowd asks for it by a signal."""
    path = os.environ.pop("FLASHCROWD_STACK", None)
    if path:
        faulthandler.register(signal.SIGUSR2, file=open(path, "w"), all_threads=False)


def _need_requests(users):
    """Ends with one line where HttpUser has no requests to work with."""
    from locust.user.users import HttpUser

    if any(issubclass(one, HttpUser) for one in users):
        try:
            import requests  # noqa: F401
        except ImportError:
            files.fail(f"this Python has no requests, which HttpUser needs: run: {sys.executable} -m pip install requests", 104)


class Child:
    """A test, and what is asked of it."""

    def __init__(self, bridge):
        self.bridge = bridge
        self.environment = None
        self.runner = None
        self.options = None
        self.over = Event()
        self.code = 0
        # The number of this process and how many there are, where it is one of several that have users.
        self.worker = tuple(int(one) for one in os.environ.pop("FLASHCROWD_WORKER", "").split("/") if one)

    def run(self):
        """Loads the test, and serves until it is over; answers the exit code."""
        import locust
        from locust import argument_parser

        paths = files.paths_of(self._file_option(argument_parser))
        users, shapes = files.load_all(paths)
        self.options = self._parse(argument_parser)
        self._leave_early(users)
        self._make(locust, users, shapes, paths)
        self.bridge.on_message = self._heard
        self.bridge.tell("hello", **self._hello())
        self.over.wait()
        return self.code

    @staticmethod
    def _file_option(argument_parser):
        options = argument_parser.parse_locustfile_option()
        if options.help or options.version:
            # The parser shows it and ends, with the options of the file if there is one.
            if os.path.exists(options.locustfile):
                files.load_all(files.paths_of(options.locustfile))
            argument_parser.get_parser().parse_args()
        return options.locustfile

    @staticmethod
    def _parse(argument_parser):
        from locust import log, stats

        parser = argument_parser.get_parser()
        options = parser.parse_args()
        if options.stats_history_enabled and options.csv_prefix is None:
            parser.error("'--csv-full-history' requires '--csv'.")
        wrong = stats.validate_stats_configuration()
        if wrong:
            files.fail(wrong)
        if options.headful:
            options.headless = False
        if options.processes == -1:
            options.processes = os.cpu_count() or 1
        elif options.processes is not None and options.processes < 0:
            parser.error(f"--processes: {options.processes} is no number of processes; -1 is one for each processor")
        if options.autoquit != -1 and not options.autostart:
            files.fail("--autoquit is only meaningful in combination with --autostart")
        if not options.skip_log_setup:
            log.setup_logging(options.loglevel, options.logfile)
        return options

    def _leave_early(self, users):
        """What ends before any test: the list of classes, no classes, unknown classes."""
        if self.options.list_commands:
            print("Available Users:")
            for name in users:
                print("    " + name)
            sys.exit(0)
        logger = logging.getLogger("locust.main")
        self._say("locust.main", "Starting Locust %s", __import__("locust").__version__)
        if not users:
            logger.error("No User class found!")
            sys.exit(1)
        missing = sorted(set(self.options.user_classes) - set(users))
        if missing:
            import difflib

            near = difflib.get_close_matches(missing[0], users, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            logger.error("Unknown User(s): %s.%s", ", ".join(missing), hint)
            sys.exit(1)

    def _make(self, locust, users, shapes, paths):
        from locust.env import Environment

        options, logger = self.options, logging.getLogger("locust.main")
        _need_requests(users.values())
        wanted = [users[name] for name in sorted(set(options.user_classes))] if options.user_classes else list(users.values())
        shape = next(iter(shapes.values()), None)
        self.environment = Environment(
            user_classes=wanted, shape_class=shape, events=locust.events, host=options.host, reset_stats=options.reset_stats,
            parsed_options=options, locustfile=os.path.basename(paths[0]), parsed_locustfiles=paths, available_user_classes=users,
            available_shape_classes=shapes, available_user_tasks={name: one.tasks for name, one in users.items()}, profile=options.profile,
        )
        if options.config_users:
            try:
                for config in options.config_users:
                    for one in config:
                        self.environment.update_user_class(one)
            except KeyError as error:
                logger.error("Error applying user config, probably you tried to specify config for a User not present in your locustfile: %s", error)
                sys.exit(255)
        if shape and not shape.use_common_options:
            ignored = [f"--{name}" for option, name in COMMON.items() if getattr(options, option, None)]
            if ignored:
                logger.warning("The shape of the file says how many users there are and for how long: %s are ignored", ", ".join(ignored))
        if options.show_task_ratio:
            ratio.show(wanted, options.num_users)
            sys.exit(0)
        if options.show_task_ratio_json:
            ratio.show_json(wanted, options.num_users)
            sys.exit(0)
        self.runner = self._create_runner()
        self.runner._by_rate = bool(options.rate)

    def _create_runner(self):
        from locust import runners

        if self.worker:
            return self.environment._create_runner(runners.WorkerRunner, *self.worker)
        if (self.options.processes or 1) > 1:
            return self.environment._create_runner(runners.MasterRunner)
        return self.environment.create_local_runner()

    def _own_options(self):
        """Options that the file has added, for the page."""
        from locust import argument_parser

        found = []
        for action in argument_parser.own_actions():
            value = getattr(self.options, action.dest, None)
            secret = bool(getattr(action, "is_secret", False))
            shown = "" if value is None or secret else ",".join(map(str, value)) if isinstance(value, list) else str(value)
            found.append({
                "name": action.dest, "help": action.help or "", "value": shown, "choices": [str(one) for one in action.choices or ()],
                "is_secret": secret, "is_flag": isinstance(value, bool),
            })
        return found

    def _hello(self):
        import locust.stats as stats

        options = self.options
        names = (
            "host num_users spawn_rate run_time stop_timeout headless autostart autoquit web_host web_port web_token "
            "web_base_path class_picker processes csv_prefix stats_history_enabled "
            "print_stats only_summary reset_stats html_file json json_file exit_code_on_error rate iterations expect record verbose"
        )
        return {
            "options": {name: getattr(options, name) for name in names.split()},
            "files": [os.path.abspath(path) for path in self.environment.parsed_locustfiles],
            "shape": type(self.environment.shape_class).__name__ if self.environment.shape_class else None,
            "shape_uses_options": bool(self.environment.shape_class and self.environment.shape_class.use_common_options),
            "classes": self._classes(),
            "percentiles": [float(one) for one in stats.PERCENTILES_TO_REPORT],
            "chart_percentiles": [float(one) for one in stats.PERCENTILES_TO_CHART],
            "table_percentiles": [float(one) for one in stats.PERCENTILES_TO_STATISTICS],
            "client_id": self.runner.client_id,
            "own_options": self._own_options(),
            "csv_interval": float(stats.CSV_STATS_INTERVAL_SEC),
            "console_interval": float(stats.CONSOLE_STATS_INTERVAL_SEC),
            "name_width": int(stats.STATS_NAME_WIDTH),
            "python": sys.version.split()[0],
            "gevent": gevent.__version__,
        }

    def _classes(self):
        return [[one.__name__, float(one.weight), int(one.fixed_count or 0), one.host] for one in self.environment.user_classes]

    # What flashcrowd asks for. Called by the loop, which must not wait: what may wait has a greenlet of its own.

    def _heard(self, message):
        what = message["do"]
        if what == "go":
            self.runner._go(message["user"])
        elif what == "ping":
            self.bridge.tell("pong", id=message["id"])
        else:
            gevent.spawn(self._serve, what, message)

    def _serve(self, what, message):
        current = gevent.getcurrent()
        if what not in ("spawn", "stop_users"):
            # flashcrowd waits for the answer, so that who runs in here must not wait for flashcrowd's end.
            current.is_awaited = True
        answer = None
        try:
            answer = getattr(self, "_do_" + what)(message)
        except Exception:
            from locust import log

            logging.error("Uncaught exception in %s: \n%s", what, traceback.format_exc())
            log.unhandled_greenlet_exception = True
            answer = {"error": traceback.format_exc()}
        if "id" in message:
            self.bridge.tell("answer", id=message["id"], answer=answer)

    def _do_init(self, message):
        from locust import log

        events, options = self.environment.events, self.options
        if options.equal_weights:
            self.environment.assign_equal_weights()
        events.init.fire(environment=self.environment, runner=self.runner, web_ui=None)
        return {"failed": log.unhandled_greenlet_exception}

    def _do_start(self, message):
        environment, runner = self.environment, self.runner
        users, rate = message.get("users"), message.get("rate")
        self._set_options(message)
        runner.exceptions = {}
        runner._allow(self._share(self.options.iterations))
        if users is not None:
            runner.target_user_count = users
        environment._filter_tasks_by_tags()
        environment.events.test_start.fire(environment=environment)
        if environment.shape_class:
            self._say("locust.runners", "Shape test starting.")
        else:
            self._say("locust.runners", "Ramping to %d users at a rate of %.2f per second", users, rate)
        answer = self._ready()
        if self.worker:
            gevent.spawn(runner._keep_reporting)
        return answer

    def _share(self, tasks):
        """How many of so many tasks are this process's."""
        if not tasks or not self.worker:
            return tasks
        number, of = self.worker
        return tasks * (number + 1) // of - tasks * number // of

    def _set_options(self, message):
        """What the page, or the command line, asks for."""
        environment, options = self.environment, self.options
        if message.get("host"):
            environment.host = options.host = message["host"]
        if not options.headless and message.get("users") is not None:
            options.num_users, options.spawn_rate, options.run_time = message["users"], message["rate"], message.get("time")
        if options.num_users is None:
            options.num_users = 1
        if options.spawn_rate is None:
            options.spawn_rate = 1
        if message.get("user_classes"):
            options.user_classes = message["user_classes"]
        for name, text in (message.get("options") or {}).items():
            if name == "profile":
                environment.profile = options.profile = text or None
            elif hasattr(options, name):
                setattr(options, name, _as(getattr(options, name), text))

    def _say(self, logger, text, *args):
        """Logs once what all processes of a run know."""
        if not self.worker:
            logging.getLogger(logger).info(text, *args)

    def _ready(self):
        environment = self.environment
        for one in environment.user_classes:
            if environment.host:
                one.host = environment.host
        if environment.shape_class:
            environment.shape_class.reset_time()
        self.runner.state = "spawning"
        if not gc.get_freeze_count():
            # What the file has loaded stays: looking at it again and again would cost users their time.
            gc.collect()
            gc.freeze()
        return {"classes": self._classes()}

    def _do_tick(self, message):
        found = self.environment.shape_class.tick()
        if found is None:
            return None
        users, rate, *classes = found
        names = [one.__name__ for one in classes[0]] if classes and classes[0] else None
        self.runner.target_user_count = users
        return {"users": users, "rate": rate, "classes": names}

    def _do_reset_shape(self, message):
        self.environment.shape_class.reset_time()

    def _do_spawn(self, message):
        self.runner._spawn(message["users"])

    def _do_stop_users(self, message):
        self.runner._stop_users(message["users"], message["force"])

    def _do_spawned(self, message):
        runner = self.runner
        counts = {name: count for name, count in runner.user_classes_count.items()}
        self._say("locust.runners", "All users spawned: %s (%i total users)", counts, message["user_count"])
        runner.target_user_classes_count = counts
        runner.state = "running"
        self.environment.events.spawning_complete.fire(user_count=message["user_count"])

    def _do_stopping(self, message):
        if message.get("reason"):
            self._say("locust.main", "%s", message["reason"])
        self.environment.events.test_stopping.fire(environment=self.environment)
        self.runner.final_user_classes_count = dict(self.runner.user_classes_count)
        self.runner.state = "cleanup"

    def _do_stopped(self, message):
        if self.worker:
            self.runner._report()
        self.runner.state = "stopped"
        self.environment.events.test_stop.fire(environment=self.environment)

    def _do_quitting(self, message):
        from locust import log

        self.environment.events.quitting.fire(environment=self.environment, reverse=True)
        return {"code": self.environment.process_exit_code, "broken": log.unhandled_greenlet_exception}

    def _do_message(self, message):
        self.runner._take_message(message["type"], message["data"], message["node_id"])

    def _do_meet(self, message):
        self.runner._meet(message["ids"])

    def _do_note(self, message):
        self.runner._note(message["counts"], message["workers"])

    def _do_ratios(self, message):
        return ratio.all_of(self.environment.user_classes, self.options.num_users)

    def _do_reset_stats(self, message):
        self.environment.events.reset_stats.fire()

    def _do_quit(self, message):
        self._say("locust.main", "Shutting down (exit code %s)", message["code"])
        self.environment.events.quit.fire(exit_code=message["code"])
        self.code = message["code"]
        self.over.set()


def _as(known, text):
    """A text as a value of the kind of the one so far."""
    if isinstance(known, bool):
        return text == "true"
    if isinstance(known, list):
        parts = text.split(",") if isinstance(text, str) else text
        return [int(one) for one in parts] if known and all(isinstance(one, int) for one in known) else list(parts)
    return text if known is None else type(known)(text)
