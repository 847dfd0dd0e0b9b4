"""The exceptions of the package; those of the arithmetic itself stay Python's own."""


class AutogradError(Exception):
    """The base of all of them."""


class StaleGraphError(AutogradError):
    """A leaf's data changed after the graph was computed, and the graph was to be evaluated again."""


class NonFiniteError(AutogradError):
    """A gradient was asked of a result that is nan or infinite."""


class TraceError(AutogradError):
    """A number was read while a program was traced, when there are no numbers yet."""


class GradcheckError(AutogradError):
    """An analytic derivative disagrees with the numeric one."""
