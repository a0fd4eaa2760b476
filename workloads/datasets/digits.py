"""Table of scikit-learn's handwritten digits, which needs no input file."""

from __future__ import annotations

from workloads.errors import UsageError


def digits() -> list[bytes]:
    """Return the 1797 rows of the digits: the digit, then 64 pixels from 0 to 16.

    This is the UCI set "Optical Recognition of Handwritten Digits", which scikit-learn contains.

    Raises:
        UsageError: scikit-learn is not installed; the workload image does not have it.
    """
    try:
        from sklearn.datasets import load_digits  # noqa: PLC0415  # slow, and only this needs it
    except ImportError as error:
        raise UsageError("the digits are part of scikit-learn: install scikit-learn") from error

    pixels, labels = load_digits(return_X_y=True)
    return [
        ",".join([str(label), *(f"{pixel:g}" for pixel in image)]).encode()
        for label, image in zip(labels, pixels, strict=True)
    ]
