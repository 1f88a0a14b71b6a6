"""The command line: Locust's options, with environment variables and configuration files."""
import argparse
import ast
import difflib
import json
import math
import os
import platform
import sys

from .util.timespan import parse_timespan

DEFAULT_CONFIG_FILES = ("~/.locust.conf", "locust.conf", "pyproject.toml")
_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")


class LocustArgumentParser(argparse.ArgumentParser):
    """An argument parser that also reads variables and files."""

    def __init__(self, *args, default_config_files=DEFAULT_CONFIG_FILES, **kwargs):
        super().__init__(*args, **kwargs)
        self._default_config_files = default_config_files

    def add_argument(self, *args, **kwargs):
        """As of argparse, with `env_var`, and what the web page shows."""
        return _add(super().add_argument, args, kwargs)

    def add_argument_group(self, *args, **kwargs):
        """A group whose arguments have the same."""
        group = super().add_argument_group(*args, **kwargs)
        plain = group.add_argument
        group.add_argument = lambda *names, **kw: _add(plain, names, kw)
        group.add = group.add_argument
        return group

    add = add_argument

    def error(self, message):
        """Says what is wrong, with the nearest name of an option, and ends with 2."""
        if "unrecognized arguments:" in message:
            wrong = message.split("unrecognized arguments:")[1].strip().split()[0]
            names = [name for action in self._actions for name in action.option_strings]
            near = difflib.get_close_matches(wrong.split("=")[0], names, n=1)
            if near:
                message += f"\nDid you mean '{near[0]}'?"
        self.exit(2, f"{self.prog}: error: {message}\n")

    def parse_known_args(self, args=None, namespace=None):
        """Parses arguments, after those of variables and files."""
        args = list(sys.argv[1:] if args is None else args)
        return super().parse_known_args(args + self._beside(args), namespace)

    def _beside(self, args):
        """Arguments of variables and files, for options that are not among these."""
        given = set(self._given(args))
        found, known = [], {}
        for action in self._actions:
            for name in action.option_strings:
                known[name.lstrip("-")] = action
                known[name.lstrip("-").replace("-", "_")] = action
        for action in self._actions:
            variable = getattr(action, "env_var", None)
            if variable and variable in os.environ and id(action) not in given and action.option_strings:
                given.add(id(action))
                found += _as_arguments(action, os.environ[variable], variable, self)
        for key, value in self._of_files(args).items():
            action = known.get(key)
            if action is None:
                found += [f"--{key}", str(value)]
            elif id(action) not in given:
                given.add(id(action))
                found += _as_arguments(action, value, key, self)
        return found

    def _given(self, args):
        for action in self._actions:
            for name in action.option_strings:
                is_short = not name.startswith("--")
                for one in args:
                    if one == "--":
                        break
                    if one == name or (one.startswith(name + "=") if not is_short else (one.startswith(name) and not one.startswith("--"))):
                        yield id(action)

    def _of_files(self, args):
        found = {}
        paths = [(os.path.expanduser(path), False) for path in self._default_config_files]
        for at, one in enumerate(args):
            if one == "--config" and at + 1 < len(args):
                paths.append((args[at + 1], True))
            elif one.startswith("--config="):
                paths.append((one[len("--config="):], True))
        for path, must_be in paths:
            try:
                with open(path, encoding="utf-8") as file:
                    text = file.read()
            except OSError as error:
                if must_be:
                    self.error(f"Unable to open config file: {path}. Error: {error.strerror}")
                continue
            if path.endswith(".toml"):
                found.update(_of_toml(text, path, self))
            else:
                found.update(_of_lines(text, path, self))
        return found

    @property
    def args_included_in_web_ui(self):
        """The arguments that a web page shows."""
        return {one.dest: one for one in self._actions if getattr(one, "include_in_web_ui", False)}

    @property
    def secret_args_included_in_web_ui(self):
        """Those of them that are secret."""
        return {dest: one for dest, one in self.args_included_in_web_ui.items() if one.is_secret}

    @property
    def required_args_included_in_web_ui(self):
        """Those of them that are required."""
        return {dest: one for dest, one in self.args_included_in_web_ui.items() if one.is_required}

    @property
    def multiple_args_included_in_web_ui(self):
        """Those of them that take several values."""
        return {dest: one for dest, one in self.args_included_in_web_ui.items() if one.is_multiple}


def _add(plain, names, kwargs):
    own = {
        "env_var": kwargs.pop("env_var", None),
        "include_in_web_ui": kwargs.pop("include_in_web_ui", True),
        "is_secret": kwargs.pop("is_secret", False),
        "is_required": kwargs.pop("is_required", False),
        "is_multiple": kwargs.pop("is_multiple", False),
    }
    kwargs.pop("is_config_file_arg", None)
    action = plain(*names, **kwargs)
    for name, value in own.items():
        setattr(action, name, value)
    return action


def _as_arguments(action, value, where, parser):
    name = action.option_strings[-1] if action.option_strings[-1].startswith("--") else next(
        (one for one in action.option_strings if one.startswith("--")), action.option_strings[0]
    )
    text = value if isinstance(value, str) else str(value)
    if action.nargs == 0:
        if text.lower() in _TRUE:
            return [name]
        if text.lower() in _FALSE:
            return []
        parser.error(f"Unexpected value for {where}: '{text}'. Expecting 'true', 'false', 'yes', 'no', 'on', 'off', '1' or '0'")
    if action.nargs in ("*", "+"):
        if isinstance(value, list):
            return [name, *map(str, value)]
        if text.startswith("[") and text.endswith("]") and not text.startswith("[{"):
            return [name, *(one.strip().strip("'\"") for one in text[1:-1].split(",") if one.strip())]
        return [name, text] if text.startswith(("{", "[{")) else [name, *text.split()]
    return [f"{name}={text}"] if name.startswith("--") else [name, text]


def _of_lines(text, path, parser):
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line[0] in "#;[" or line.startswith("---"):
            continue
        for separator in ("=", ":", None):
            key, _, value = line.partition(separator) if separator else line.partition(" ")
            if value or separator is None:
                break
        key, value = key.strip(), value.strip()
        if not key or any(one.isspace() for one in key):
            parser.error(f"Unexpected line {number} in {path}: {line}")
        if " #" in value and not value.startswith(("'", '"')):
            value = value.split(" #")[0].strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        if value.startswith("[") and value.endswith("]") and not value.startswith("[{"):
            try:
                value = list(map(str, ast.literal_eval(value)))
            except (ValueError, SyntaxError):
                value = [one.strip() for one in value[1:-1].split(",")]
        found[key] = value or "true"
    return found


def _of_toml(text, path, parser):
    if "tool" not in text or "locust" not in text:
        return {}
    try:
        import tomllib
    except ImportError:
        try:
            import tomli as tomllib
        except ImportError:
            sys.stderr.write(f"{path} is not read: Python {platform.python_version()} has no tomllib; use locust.conf, or Python 3.11\n")
            return {}
    try:
        section = tomllib.loads(text).get("tool", {}).get("locust", {})
    except tomllib.TOMLDecodeError as error:
        parser.error(f"Couldn't parse TOML file: {path}: {error}")
    return {key: value if isinstance(value, list) else str(value) for key, value in section.items() if value is not None}


def _timespan(text):
    try:
        return parse_timespan(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error))


def _above_zero(text):
    value = float(text)
    if not math.isfinite(value) or value <= 0:
        raise argparse.ArgumentTypeError("must be a finite number > 0")
    return value


def _count(text):
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return value


def _at_least_one(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def _user_config(text):
    try:
        if text.endswith(".json"):
            with open(text, encoding="utf-8") as file:
                found = json.load(file)
        else:
            found = json.loads(text)
    except json.JSONDecodeError as error:
        raise argparse.ArgumentTypeError(f"The --config-users argument must be a valid JSON string or file: {error}")
    except OSError as error:
        raise argparse.ArgumentTypeError(str(error))
    found = found if isinstance(found, list) else [found]
    if any("user_class_name" not in one for one in found):
        raise argparse.ArgumentTypeError("The user config must specify a user_class_name")
    return found


def _refuse(message):
    class Refuse(argparse.Action):
        def __call__(self, parser, namespace, values, option_string=None):
            raise argparse.ArgumentError(self, message)

    return Refuse


_NO_NODES = "one program makes the load here, so that there is no master and no worker: leave it out, or give --processes"

EPILOG = """examples:

    flashcrowd locust -f my_test.py -H https://www.example.com
    flashcrowd locust --headless -u 100 -r 10 -t 20m MyHttpUser AnotherUser
    flashcrowd locust --headless -u 100 -t 50 --csv results/test --html report.html
    flashcrowd locust --headless -u 500 --rate 200/s -t 5m --expect 'response_time_p99: < 500ms'
"""


def get_empty_argument_parser(add_help=True, default_config_files=DEFAULT_CONFIG_FILES):
    """A parser that knows the file and the configuration alone."""
    parser = LocustArgumentParser(
        prog="flashcrowd locust", add_help=add_help, usage=argparse.SUPPRESS if not add_help else "%(prog)s [options] [UserClass ...]",
        formatter_class=argparse.RawDescriptionHelpFormatter, epilog=EPILOG, default_config_files=default_config_files,
        description="Run a Locust file: Python runs the tasks, flashcrowd sends the requests and judges the run.",
    )
    parser.add_argument(
        "-f", "--locustfile", metavar="<filename>", default="locustfile.py", env_var="LOCUST_LOCUSTFILE",
        help="the test: one or more .py files, separated by commas, or a folder; locustfile.py if not given",
    )
    parser.add_argument("--config", metavar="<filename>", help="a file with further options; also read: ~/.locust.conf, locust.conf, [tool.locust] of pyproject.toml")
    return parser


def setup_parser_arguments(parser):
    """All options but the file."""
    add = parser.add_argument
    add("-H", "--host", metavar="<base url>", env_var="LOCUST_HOST", help="what is loaded, such as https://www.example.com")
    add("-u", "--users", type=_count, metavar="<int>", dest="num_users", env_var="LOCUST_USERS", help="how many users there are at most; 1 if not given")
    add("-r", "--spawn-rate", type=_above_zero, metavar="<float>", env_var="LOCUST_SPAWN_RATE", help="how many users start a second; 1 if not given")
    add("-t", "--run-time", type=_timespan, metavar="<time>", env_var="LOCUST_RUN_TIME", help="when the run ends: 300s, 20m, 1h30m; counted from the first user")
    add("-l", "--list", action="store_true", dest="list_commands", help="show the user classes and exit")
    add("--config-users", type=_user_config, nargs="*", env_var="LOCUST_CONFIG_USERS", help="attributes of user classes, as JSON or a JSON file")
    _load_options(parser.add_argument_group("load, judgement and record (of flashcrowd)").add_argument)
    _web_options(parser.add_argument_group("web page").add_argument)
    _node_options(parser.add_argument_group("processes").add_argument)
    _tag_options(parser.add_argument_group("tags").add_argument)
    _output_options(parser.add_argument_group("statistics").add_argument)
    _log_options(parser.add_argument_group("log").add_argument)
    _other_options(parser.add_argument_group("other").add_argument)
    parser.add_argument_group("user classes").add_argument(
        "user_classes", nargs="*", metavar="<UserClass>", default=os.environ.get("LOCUST_USER_CLASSES", "").split(),
        help="the classes to run; all of them if not given (LOCUST_USER_CLASSES)",
    )


def _load_options(add):
    add("--rate", metavar="<n/unit>", include_in_web_ui=False,
        help="start tasks at this rate instead of after waits, such as 200/s: each is one task of an idle user, picked by its weights; where no "
        "user is idle, the task is dropped and counted")
    add("-i", "--iterations", type=_at_least_one, metavar="<n>", include_in_web_ui=False,
        help="run so many tasks, of all users together, then end")
    add("--expect", action="append", metavar="<name: target>", include_in_web_ui=False,
        help="what the run must keep, such as 'response_time_p99: < 500ms', or a plan (.yaml) whose expectations are meant; may be repeated; a "
        "miss exits with 99")
    add("--record", metavar="<folder>", include_in_web_ui=False, help="keep a record of the run in this folder")
    add("--python", metavar="<path>", include_in_web_ui=False, help="the Python to use, instead of the one that is found")
    add("-v", "--verbose", action="store_true", include_in_web_ui=False, help="say which Python was looked for, and where")


def _web_options(add):
    add("--web-host", default="", metavar="<ip>", env_var="LOCUST_WEB_HOST", help="where the page listens; the loopback if not given, and with a token elsewhere")
    add("--web-host-display-name", help=argparse.SUPPRESS, env_var="LOCUST_WEB_HOST_DISPLAY_NAME")
    add("--web-port", "-P", type=int, default=8089, metavar="<port>", env_var="LOCUST_WEB_PORT", help="the port of the page; 8089 if not given, any free one if 0")
    add("--web-token", metavar="<token>", env_var="FLASHCROWD_WEB_TOKEN", include_in_web_ui=False,
        help="what has to be given to use the page; made up where it listens beyond the loopback")
    add("--web-base-path", default="", metavar="<path>", env_var="LOCUST_WEB_BASE_PATH", help="what all paths of the page begin with")
    add("--class-picker", action="store_true", env_var="LOCUST_USERCLASS_PICKER", help="pick classes of users on the page")
    add("--headless", action="store_true", env_var="LOCUST_HEADLESS", help="no page: the test starts at once")
    add("--headful", action="store_true", env_var="LOCUST_HEADFUL", help=argparse.SUPPRESS)
    add("--autostart", action="store_true", env_var="LOCUST_AUTOSTART", help="start at once, with the page")
    add("--autoquit", type=int, default=-1, metavar="<seconds>", env_var="LOCUST_AUTOQUIT", help="with --autostart: leave that long after the end")
    add("--build-path", default="", env_var="LOCUST_BUILD_PATH", help=argparse.SUPPRESS)
    refused = "the page of flashcrowd speaks plain HTTP: put a proxy with TLS before it"
    add("--tls-cert", env_var="LOCUST_TLS_CERT", help=argparse.SUPPRESS, action=_refuse(refused))
    add("--tls-key", env_var="LOCUST_TLS_KEY", help=argparse.SUPPRESS, action=_refuse(refused))
    add("--web-login", nargs=0, env_var="LOCUST_WEB_LOGIN", help=argparse.SUPPRESS, action=_refuse("the page has no log-in: it asks for a token beyond the loopback"))
    add("--web-auth", env_var="LOCUST_WEB_AUTH", help=argparse.SUPPRESS, action=_refuse("Locust has replaced it, too: the page asks for a token beyond the loopback"))
    add("--legacy-ui", nargs=0, help=argparse.SUPPRESS, action=_refuse("--legacy-ui is no longer supported, remove the parameter to continue"))


def _node_options(add):
    add("--processes", type=int, metavar="<int>", env_var="LOCUST_PROCESSES",
        help="in how many Python processes users run, 1 if not given, -1 for one each processor; each has its own module state (lists of accounts, counters)")
    add("--master", nargs=0, env_var="LOCUST_MODE_MASTER", help=argparse.SUPPRESS, action=_refuse(_NO_NODES))
    add("--worker", nargs=0, env_var="LOCUST_MODE_WORKER", help=argparse.SUPPRESS, action=_refuse(_NO_NODES))
    for name in ("--master-bind-host", "--master-bind-port", "--master-host", "--master-port", "--expect-workers", "--expect-workers-max-wait"):
        add(name, help=argparse.SUPPRESS)
    add("--enable-rebalancing", action="store_true", help=argparse.SUPPRESS)
    add("--expect-slaves", nargs=0, help=argparse.SUPPRESS, action=_refuse("The --expect-slaves parameter has been renamed --expect-workers"))
    add("--slave", nargs=0, help=argparse.SUPPRESS, action=_refuse("The --slave parameter has been renamed --worker"))


def _tag_options(add):
    add("-T", "--tags", nargs="*", metavar="<tag>", env_var="LOCUST_TAGS", help="only tasks with at least one of these tags")
    add("-E", "--exclude-tags", nargs="*", metavar="<tag>", env_var="LOCUST_EXCLUDE_TAGS", help="only tasks with none of these tags")


def _output_options(add):
    add("--csv", dest="csv_prefix", metavar="<prefix>", env_var="LOCUST_CSV", help="write <prefix>_stats.csv, _stats_history.csv, _failures.csv, _exceptions.csv")
    add("--csv-full-history", action="store_true", dest="stats_history_enabled", env_var="LOCUST_CSV_FULL_HISTORY", help="every name in the history")
    add("--print-stats", action="store_true", env_var="LOCUST_PRINT_STATS", help="print the table as the test runs, with the page, too")
    add("--only-summary", action="store_true", env_var="LOCUST_ONLY_SUMMARY", help="print the table at the end only")
    add("--reset-stats", action="store_true", env_var="LOCUST_RESET_STATS", help="begin all counts anew when all users are there")
    add("--html", metavar="<filename>", dest="html_file", env_var="LOCUST_HTML", help="write a report; {u}, {r} and {t} are users, rate and run time")
    add("--json", action="store_true", help="print the statistics as JSON at the end")
    add("--json-file", metavar="<filename>", dest="json_file", help="write the statistics as JSON to <filename>.json")


def _log_options(add):
    add("--skip-log-setup", action="store_true", env_var="LOCUST_SKIP_LOG_SETUP", help="leave the log to the file")
    add("--loglevel", "-L", default="INFO", type=str.upper, choices=["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], metavar="<level>",
        env_var="LOCUST_LOGLEVEL", help="DEBUG, INFO, WARNING, ERROR or CRITICAL; INFO if not given")
    add("--logfile", metavar="<filename>", env_var="LOCUST_LOGFILE", help="where the log goes; standard error if not given")


def _other_options(add):
    import locust

    add("--show-task-ratio", action="store_true", help="show how often each task is picked, and exit")
    add("--show-task-ratio-json", action="store_true", help="the same as JSON")
    add("--version", "-V", action="version", version=f"flashcrowd, as locust {locust.__version__} (Python {platform.python_version()})", help="show the version and exit")
    add("--exit-code-on-error", type=int, default=1, metavar="<int>", env_var="LOCUST_EXIT_CODE_ON_ERROR", help="the exit code of failures and exceptions; 1 if not given")
    add("-s", "--stop-timeout", dest="stop_timeout", default="0", type=_timespan, metavar="<seconds>", env_var="LOCUST_STOP_TIMEOUT",
        help="how long tasks may go on at the end; 0 if not given")
    add("--equal-weights", action="store_true", help="all classes and tasks equally often")
    add("--profile", help="a name for the run, which files can read")
    add("--otel", nargs=0, env_var="LOCUST_ENABLE_OPENTELEMETRY", help=argparse.SUPPRESS, action=_refuse("OpenTelemetry of Locust is not built: use --record and an output of flashcrowd run"))


def get_parser(default_config_files=DEFAULT_CONFIG_FILES):
    """The whole parser, with the options of the files."""
    import locust

    parser = get_empty_argument_parser(add_help=True, default_config_files=default_config_files)
    setup_parser_arguments(parser)
    known = set(map(id, parser._actions))
    locust.events.init_command_line_parser.fire(parser=parser)
    _own[:] = [one for one in parser._actions if id(one) not in known and getattr(one, "include_in_web_ui", False)]
    return parser


_own = []


def own_actions():
    """The options that the files have added, and that a page may show."""
    return list(_own)


def parse_options(args=None):
    """All options."""
    return get_parser().parse_args(args=args)


def parse_locustfile_option(args=None):
    """The file alone, before it is imported."""
    parser = get_empty_argument_parser(add_help=False)
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("-V", "--version", action="store_true")
    options, _rest = parser.parse_known_args(args=args)
    return options
