"""Input channels of XGBoost, and the formats that their content types name."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import Message
from typing import Any

from rehearsal.sagemaker.xgboost.errors import UserError

CSV, LIBSVM = "csv", "libsvm"
CHANNELS = ("train", "validation", "code")
_FORMATS = {
    "csv": CSV,
    "text/csv": CSV,
    "libsvm": LIBSVM,
    "text/libsvm": LIBSVM,
    "text/x-libsvm": LIBSVM,
}
# Formats that the container reads and the rehearsal does not.
_NOT_HERE = (
    "parquet",
    "application/x-parquet",
    "recordio-protobuf",
    "application/x-recordio-protobuf",
)


def check(config: Mapping[str, Any]) -> None:
    """Raise UserError unless the channels are those of XGBoost.

    Raises:
        UserError: The train channel is missing, or XGBoost has no channel of a name.
    """
    if "train" not in config:
        raise UserError(
            "Missing required channel: train. Name the channel of the training data train "
            f"(the job's channels are: {', '.join(config) or 'none'})."
        )
    for name, channel in config.items():
        if channel.get("TrainingInputMode") == "Pipe":
            raise UserError(
                f"Pipe mode is no longer supported (channel {name}). Set input_mode='File' in your "
                "SageMaker Estimator or TrainingInput."
            )
        if name not in CHANNELS:
            raise UserError(
                f"Extraneous channel found: {name}. XGBoost's channels are train and validation."
            )


def format_of(content_type: str | None) -> str:
    """Return the format of a content type; libsvm without one.

    Raises:
        UserError: XGBoost does not read the format, or the type has more than one label column.
    """
    if content_type is None:
        return LIBSVM
    header = Message()
    header["Content-Type"] = content_type.lower()
    named = str(header.get_content_type() if "/" in content_type else content_type.lower().strip())
    if named in _NOT_HERE:
        raise UserError(
            f"{content_type} is a ContentType that the rehearsal does not read, though SageMaker's "
            "XGBoost does: use text/csv or text/libsvm here."
        )
    if named not in _FORMATS:
        known = ", ".join([*_FORMATS, *_NOT_HERE])
        raise UserError(f"{content_type} is not an accepted ContentType: {known}.")
    if _FORMATS[named] == CSV and header.get_param("label_size", "1") != "1":
        raise UserError(
            f"{content_type} is not an accepted csv ContentType. "
            "Optional parameter label_size must be equal to 1"
        )
    return _FORMATS[named]
