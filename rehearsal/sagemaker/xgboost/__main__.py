"""`python -m rehearsal.sagemaker.xgboost`: what the container does when SageMaker says `train`."""

from __future__ import annotations

import contextlib
import logging
import sys
import traceback
from collections.abc import Iterator

from .errors import TrainingError
from .layout import Layout

log = logging.getLogger("sagemaker-containers")

PROGRAM = "sagemaker_program"


def main() -> int:
    """Runs the user's script if the job names one, else the built-in algorithm."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stdout, format="[%(asctime)s:%(levelname)s] %(message)s"
    )
    layout = Layout.current()
    try:
        if PROGRAM in layout.read("hyperparameters"):
            from . import script  # noqa: PLC0415 - boto3 is wanted only there

            log.info("Invoking user training script.")
            script.run(layout)
        else:
            with _without("sklearn"):
                from . import distributed, training  # noqa: PLC0415 - the script brings its own

            log.info("Running XGBoost Sagemaker in algorithm mode")
            training.train(layout, distributed.Host.of(layout.read("resourceconfig")))
    except TrainingError as error:
        return _fail(layout, f"{type(error).__name__}: {error}")
    except Exception as error:
        traceback.print_exc()
        return _fail(layout, f"{type(error).__name__}: {error}")
    log.info("Reporting training SUCCESS")
    return 0


@contextlib.contextmanager
def _without(module: str) -> Iterator[None]:
    """Imports find no such module: xgboost takes scikit-learn in for what is not used here.

    That is four fifths of this program's start.
    """
    sys.modules[module] = None  # type: ignore[assignment]  # as importlib's documentation has it
    try:
        yield
    finally:
        del sys.modules[module]


def _fail(layout: Layout, message: str) -> int:
    """Says why, unless the script already has."""
    log.error("Reporting training FAILURE")
    log.error(message)
    if not layout.failure.exists():
        layout.failure.write_text(f"Framework Error: \n{message}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
