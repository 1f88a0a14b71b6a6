"""The exceptions of Locust's interface."""


class LocustError(Exception):
    """Something in a file is not as it has to be."""


class ResponseError(Exception):
    """Raised in a with-block, it makes the request a failure."""


class CatchResponseError(Exception):
    """What a failure is wrapped in that was given as a text."""


class MissingWaitTimeError(LocustError):
    """Neither the user nor the task set says how long to wait."""


class InterruptTaskSet(Exception):
    """Leaves a task set."""

    def __init__(self, reschedule=True):
        self.reschedule = reschedule


class StopTest(Exception):
    """Ends the whole test."""


class StopUser(Exception):
    """Ends the user that raises it."""


class RescheduleTask(Exception):
    """Ends the task; the next one comes after the wait."""


class RescheduleTaskImmediately(Exception):
    """Ends the task; the next one comes at once."""


class RPCError(Exception):
    """Kept for files that catch it; there is no master here."""


class RPCSendError(RPCError):
    """Kept for files that catch it."""


class RPCReceiveError(RPCError):
    """Kept for files that catch it."""


class RunnerAlreadyExistsError(Exception):
    """An environment has one runner."""
