"""Trains a gradient-boosted model with xgboost, in a SageMaker container, a pod or on a laptop.

    python -m workloads.train --train data/digits/train.csv --validation data/digits/validation.csv
        --model-dir model --objective multi:softmax --num_class 10 --num_round 50

The data has the format of SageMaker's built-in algorithm: CSV with the label first and no header,
or libsvm, in one file or a directory of files. All other arguments are hyperparameters of the
built-in algorithm, as `--NAME VALUE`. The model is `xgboost-model` in xgboost's own format;
`metrics.json` is in --output-data-dir, or beside the model by default. With --checkpoint-dir, an
interrupted training resumes.

With --workers N, N processes train one model together, each with its part of the data. Worker 0
listens on --tracker-host and --tracker-port; the index of a worker is --worker-index, by default
that of an indexed Job (JOB_COMPLETION_INDEX).

In SageMaker's script mode, the SM_* variables set the defaults. The source archive has the package
`workloads` (this module, training/ and the shared modules that they import) and `train.py`, the
entry point that sagemaker_program names: `import sys; from workloads.train import main;
sys.exit(main())`.
https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import xgboost

from workloads import errors
from workloads.arguments import Parser, non_negative_int, positive_int
from workloads.files import atomic_write, ensure_directory
from workloads.summary import Progress
from workloads.training import boosting, channels
from workloads.training.environment import TRACKER_PORT, TrainingEnvironment
from workloads.training.group import DEFAULT_TIMEOUT, WorkerGroup, connected, exit_worker
from workloads.training.hyperparameters import Hyperparameters, parse, to_arguments
from workloads.training.model_checkpoints import CheckpointDirectory
from workloads.training.table import Shard

MODEL = "xgboost-model"
"""File name of the model."""
METRICS = "metrics.json"
"""File name of the metrics."""


def train(args: argparse.Namespace, hyperparameters: Hyperparameters, group: WorkerGroup) -> None:
    """Read the data, train, and write the model, its metrics and the summary.

    Raises:
        WorkloadError: Data is missing or invalid, a hyperparameter is invalid, or a worker is lost.
    """
    progress = Progress("train")
    directories = {"train": args.train} | (
        {"validation": args.validation} if args.validation else {}
    )
    shard = Shard() if args.sharded else group.shard
    with connected(group):
        tables = group.run_on_all(
            lambda: channels.read_channels(directories, args.content_type, shard, progress)
        )
        channels.check_channels(tables, hyperparameters.classes, group)
        training_digest = boosting.digest_of_training(hyperparameters, tables["train"], group)
        matrices = {name: channels.to_dmatrix(table) for name, table in tables.items()}
        model = boosting.fit(
            hyperparameters,
            matrices,
            CheckpointDirectory(args.checkpoint_dir, training_digest)
            if args.checkpoint_dir
            else None,
            group=group,
            checkpoint_interval=args.checkpoint_every,
        )
        metrics = boosting.evaluate(model, matrices, hyperparameters.classes, group)
        if group.is_leader:
            save_results(args, model, metrics)
    progress.finish(
        rounds=model.num_boosted_rounds(),
        accuracy=select_accuracy(metrics),
        metrics=metrics,
        worker=group.index,
    )


def select_accuracy(metrics: dict[str, float]) -> float | None:
    """Return the accuracy on the validation data, else on the training data, else None."""
    return metrics.get("validation-accuracy", metrics.get("train-accuracy"))


def save_results(
    args: argparse.Namespace, model: xgboost.Booster, metrics: dict[str, float]
) -> None:
    """Write the model and its metrics."""
    results = {
        "rounds": model.num_boosted_rounds(),
        "accuracy": select_accuracy(metrics),
        **metrics,
    }
    metrics_directory = ensure_directory(args.output_data_dir or args.model_dir)
    with atomic_write(ensure_directory(args.model_dir) / MODEL) as stream:
        stream.write(model.save_raw("ubj"))
    with atomic_write(metrics_directory / METRICS) as stream:
        stream.write(json.dumps(results, indent=2).encode())


def build_parser(environment: TrainingEnvironment) -> argparse.ArgumentParser:
    """Return the parser of the command line; options may have underscores instead of hyphens."""
    parser = Parser("train", __doc__)
    parser.allow_abbrev = False

    def add_option(
        name: str, default: object, text: str, kind: Callable[[str], object] = Path
    ) -> None:
        names = dict.fromkeys((f"--{name}", f"--{name.replace('-', '_')}"))
        shown = text if default is None else f"{text} (%(default)s)"
        parser.add_argument(*names, default=default, type=kind, help=shown)

    add_option(
        "train", environment.path("SM_CHANNEL_TRAIN"), "file or directory with training data"
    )
    add_option(
        "validation",
        environment.path("SM_CHANNEL_VALIDATION"),
        "file or directory with validation data",
    )
    add_option("content-type", environment.content_type, "text/csv or text/libsvm", str)
    add_option("model-dir", environment.path("SM_MODEL_DIR"), "directory for the model")
    add_option(
        "output-data-dir",
        environment.path("SM_OUTPUT_DATA_DIR"),
        "directory for metrics.json; that of the model by default",
    )
    add_option(
        "checkpoint-dir",
        environment.checkpoint_directory,
        "directory for checkpoints; none are saved by default",
    )
    add_option("checkpoint-every", 10, "rounds from one checkpoint to the next", positive_int)
    add_option(
        "workers",
        len(environment.hosts) or 1,
        "number of workers that train together",
        positive_int,
    )
    add_option(
        "worker-index", environment.worker_index, "index of this worker, from 0", non_negative_int
    )
    add_option(
        "tracker-host",
        environment.hosts[0] if environment.hosts else "127.0.0.1",
        "host name of worker 0",
        str,
    )
    add_option("tracker-port", TRACKER_PORT, "port of worker 0's tracker", positive_int)
    add_option("patience", DEFAULT_TIMEOUT, "seconds to wait for the other workers", positive_int)
    parser.set_defaults(sharded=environment.sharded)
    return parser


def parse_arguments(
    environment: TrainingEnvironment, argv: Sequence[str]
) -> tuple[argparse.Namespace, list[str]]:
    """Return the parsed options and the remaining arguments, which are hyperparameters."""
    parser = build_parser(environment)
    args, hyperparameters = parser.parse_known_args(
        [*to_arguments(environment.variables.get("SM_HPS", "")), *argv]
    )
    for name in ("train", "model_dir"):
        if getattr(args, name) is None:
            parser.error(f"--{name.replace('_', '-')} is missing: give a path")
    if args.worker_index >= args.workers:
        parser.error(f"--worker-index {args.worker_index} is not below --workers {args.workers}")
    if environment.thread_count:
        hyperparameters = ["--nthread", environment.thread_count, *hyperparameters]
    return args, hyperparameters


@contextmanager
def report_failures(environment: TrainingEnvironment) -> Iterator[None]:
    """Write the error of the block, if any, to the file that SageMaker reads."""
    try:
        yield
    except errors.WorkloadError as error:
        environment.report_failure(str(error))
        raise
    except OSError as error:
        environment.report_failure(str(errors.from_os_error(error)))
        raise


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    environment = TrainingEnvironment(os.environ)
    args, hyperparameters = parse_arguments(environment, sys.argv[1:] if argv is None else argv)
    group = WorkerGroup(
        args.workers, args.worker_index, args.tracker_host, args.tracker_port, args.patience
    )

    def work() -> None:
        with report_failures(environment):
            train(args, parse(hyperparameters), group)

    try:
        status = errors.run(work)
    except SystemExit as stopped:
        status = int(stopped.code or 0)
    if status and group.workers > 1:
        exit_worker(status)
    return status


if __name__ == "__main__":
    sys.exit(main())
