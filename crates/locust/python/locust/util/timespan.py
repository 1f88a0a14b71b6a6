"""Lengths of time as texts."""
import re

_WRONG = "Invalid time span format. Valid formats: 20, 20s, 3m, 2h, 1h20m, 3h30m10s, etc."


def parse_timespan(time_str):
    """The seconds of `1h30m10s`, or of a plain number."""
    if not time_str:
        raise ValueError("Invalid time span format")
    if re.match(r"^\d+$", time_str):
        return int(time_str)
    found = re.fullmatch(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", time_str)
    if not found or not any(found.groups()):
        raise ValueError(_WRONG)
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds
