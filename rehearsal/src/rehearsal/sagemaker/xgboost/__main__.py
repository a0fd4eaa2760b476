"""Entry point of the container for the command `train` of SageMaker."""

from __future__ import annotations

import logging
import sys
import traceback

from rehearsal.imports import without
from rehearsal.sagemaker.xgboost.errors import TrainingError
from rehearsal.sagemaker.xgboost.layout import Layout

log = logging.getLogger("sagemaker-containers")

PROGRAM = "sagemaker_program"


def main() -> int:
    """Run the user's script if the job names one, otherwise the built-in algorithm."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stdout, format="[%(asctime)s:%(levelname)s] %(message)s"
    )
    layout = Layout.current()
    try:
        if PROGRAM in layout.read("hyperparameters"):
            from rehearsal.sagemaker.xgboost import script  # noqa: PLC0415 - only script mode needs boto3

            log.info("Invoking user training script.")
            script.run(layout)
        else:
            # xgboost imports scikit-learn for features not used here: four fifths of the start.
            with without("sklearn"):
                from rehearsal.sagemaker.xgboost import distributed, training  # noqa: PLC0415 - not needed by a script

            log.info("Running XGBoost Sagemaker in algorithm mode")
            training.train(layout, distributed.Host.of(layout.read("resourceconfig")))
    except TrainingError as error:
        return _fail(layout, f"{type(error).__name__}: {error}")
    except Exception as error:
        traceback.print_exc()
        return _fail(layout, f"{type(error).__name__}: {error}")
    log.info("Reporting training SUCCESS")
    return 0


def _fail(layout: Layout, message: str) -> int:
    """Log the reason, and write it to the file `failure` unless the script has written one."""
    log.error("Reporting training FAILURE")
    log.error(message)
    if not layout.failure.exists():
        layout.failure.write_text(f"Framework Error: \n{message}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
