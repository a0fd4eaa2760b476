"""Taking over of resources that a killed update made and the engine does not know of.

The real providers do not recognise them: the next update is refused, or makes a second resource.
So each one that is taken over is reported with a warning, and it can be switched off.
"""

from __future__ import annotations

import os

VARIABLE = "REHEARSAL_TAKE_OVER"
_ALLOWED = {"": True, "yes": True, "no": False}


def allowed() -> bool:
    """Return whether resources are taken over: yes by default, and not if the variable is `no`.

    Raises:
        ValueError: The variable has another value.
    """
    value = os.environ.get(VARIABLE, "")
    if value not in _ALLOWED:
        raise ValueError(f"{VARIABLE} must be yes or no, not {value!r}.")
    return _ALLOWED[value]


def warning(otherwise: str, *, certain: bool = True) -> str:
    """Return the warning about a resource that is taken over.

    Args:
        otherwise: What the real provider or AWS would have done.
        certain: False if it is not known whether the killed update made the resource.
    """
    found = (
        "it was made by an update that was killed, and is taken over"
        if certain
        else "an update was killed while it made this: what it made, if anything, is taken over"
    )
    return f"{found}. {otherwise}. {VARIABLE}=no does the same here"
