"""Names of the time before 1.0, which Locust refuses, too."""


def _refused(message):
    class Meta(type):
        def __new__(mcs, classname, bases, class_dict):
            if not bases:
                return super().__new__(mcs, classname, bases, class_dict)
            raise ImportError(message)

    return Meta


class DeprecatedLocustClass(
    metaclass=_refused("The Locust class has been renamed to User in version 1.0. For more info see: https://docs.locust.io/en/latest/changelog.html#changelog-1-0")
):
    """Refused."""


class DeprecatedHttpLocustClass(
    metaclass=_refused(
        "The HttpLocust class has been renamed to HttpUser in version 1.0. For more info see: https://docs.locust.io/en/latest/changelog.html#changelog-1-0"
    )
):
    """Refused."""


class DeprecatedFastHttpLocustClass(
    metaclass=_refused(
        "The FastHttpLocust class has been renamed to FastHttpUser in version 1.0. "
        "For more info see: https://docs.locust.io/en/latest/changelog.html#changelog-1-0"
    )
):
    """Refused."""
