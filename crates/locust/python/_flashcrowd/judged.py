"""A response that a with-block judges, whichever client it is of."""
from locust.exception import CatchResponseError, LocustError, ResponseError

_NOT_ENTERED = (
    "Tried to set status on a request that has not yet been made. Make sure you use a with-block, like this:\n\n"
    "with self.client.request(..., catch_response=True) as response:\n    response.{}"
)


class Judged:
    """What responses of all clients have in a with-block. It comes before the class of the response, and has no layout of its own, since
    responses become judged ones by their class alone."""

    error = None
    _manual_result = None
    _entered = False
    _request_event = None

    def __enter__(self):
        self._entered = True
        return self

    def __exit__(self, exc, value, traceback):
        if self._manual_result is not None:
            self.request_meta["exception"] = None if self._manual_result is True else self._manual_result
            self._report_request()
            return exc is None
        if exc:
            if not isinstance(value, ResponseError):
                return False
            self.request_meta["exception"] = value
        else:
            self._judge()
        self._report_request()
        return True

    def _report_request(self, exc=None):
        self._request_event.fire(**self.request_meta)

    def raise_for_status(self):
        """Raises what went wrong, or what the block decided."""
        if not self._manual_result:
            if self.error:
                raise self.error
            super().raise_for_status()
        elif isinstance(self._manual_result, Exception):
            raise self._manual_result

    def success(self):
        """Makes it a success."""
        self._check("success()")
        self._manual_result = True

    def failure(self, exc):
        """Makes it a failure."""
        self._check("failure(...)")
        self._manual_result = exc if isinstance(exc, Exception) else CatchResponseError(exc)

    def _check(self, what):
        if not self._entered:
            raise LocustError(_NOT_ENTERED.format(what))
