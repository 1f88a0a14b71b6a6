"""How log lines look and where they go, and whether a listener or greenlet broke."""
import logging
import logging.config
import os
import re
import socket
import sys

HOSTNAME = re.sub(r"\..*", "", socket.gethostname())

unhandled_greenlet_exception = False
"""Whether a listener, or a greenlet that nobody waits for, raised; the run ends with 2 then."""


_PICTURES = {code: 0x2400 + code for code in range(0x20) if code not in (0x09, 0x0A)}
_PICTURES.update({0x7F: 0x2421, **{code: 0xFFFD for code in range(0x80, 0xA0)}})


class Visible(logging.Formatter):
    """Shows control characters as pictures on a terminal: a message may hold what a server said."""

    def format(self, record):
        text = super().format(record)
        return text.translate(_PICTURES) if sys.stderr.isatty() else text


def setup_logging(loglevel, logfile=None):
    """Log lines with time, host, level and logger, to standard error or a file."""
    level = loglevel.upper()
    if logfile:
        folder = os.path.dirname(logfile)
        if folder:
            os.makedirs(folder, exist_ok=True)
        sink = {"class": "logging.FileHandler", "filename": logfile, "formatter": "default"}
    else:
        sink = {"class": "logging.StreamHandler", "formatter": "default"}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "default": {"()": Visible, "fmt": f"[%(asctime)s] {HOSTNAME}/%(levelname)s/%(name)s: %(message)s"},
                "plain": {"()": Visible, "fmt": "%(message)s"},
            },
            "handlers": {"sink": sink, "plain": {"class": "logging.StreamHandler", "formatter": "plain"}},
            "loggers": {
                "locust": {"handlers": ["sink"], "level": level, "propagate": False},
                "locust.stats_logger": {"handlers": ["plain"], "level": "INFO", "propagate": False},
            },
            "root": {"handlers": ["sink"], "level": level},
        }
    )


def greenlet_exception_logger(logger, level=logging.CRITICAL):
    """What to link to a greenlet so that its exception is logged, and the run is no success."""

    def handler(greenlet):
        global unhandled_greenlet_exception
        kind = greenlet.exc_info[0] if greenlet.exc_info else None
        if kind is SystemExit:
            logger.log(min(logging.INFO, level), "sys.exit(%s) was called", greenlet.exc_info[1])
        else:
            logger.log(level, "Unhandled exception in greenlet: %s", greenlet, exc_info=greenlet.exc_info)
        unhandled_greenlet_exception = True

    return handler
