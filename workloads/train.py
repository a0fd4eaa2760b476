"""Trains a gradient-boosted model with xgboost: in a SageMaker container, a pod, or on a laptop.

    python -m workloads.train --train data/digits/train.csv --validation data/digits/validation.csv
        --model-dir model --objective multi:softmax --num_class 10 --num_round 50

Data is what SageMaker's built-in algorithm takes: CSV with the label first and no header, or
libsvm, in one file or a directory of files. All other arguments are hyperparameters,
`--NAME VALUE`, with the built-in's names. The model is `xgboost-model` in xgboost's own format,
and `metrics.json` lies in --output-data-dir or, without one, beside it. With --checkpoint-dir a
training that was ended goes on where it was.

With --workers N, N of these train one model, each on its part of the data: worker 0 (of
--worker-index, or JOB_COMPLETION_INDEX) listens at --tracker-host and --tracker-port.

In SageMaker's script mode the defaults are what SM_* variables say. Its source archive holds the
package `workloads` (this module, arguments, faults, files, libsvm, summary, text_files and
training/) and, as the entry that sagemaker_program names, a `train.py` which is no more than
`import sys; from workloads.train import main; sys.exit(main())`.
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

from workloads import faults
from workloads.arguments import Parser, count, count_or_none
from workloads.files import whole_file, writable_directory
from workloads.summary import Progress
from workloads.training import boosting, channels
from workloads.training.checkpoints import Checkpoints
from workloads.training.environment import TRACKER_PORT, Surroundings
from workloads.training.group import PATIENCE, Group, joined, leave
from workloads.training.hyperparameters import Hyperparameters, as_words, parse
from workloads.training.table import Shard

MODEL = "xgboost-model"
METRICS = "metrics.json"


def train(given: argparse.Namespace, wanted: Hyperparameters, group: Group) -> None:
    """Read, train, save and report.

    Raises:
        WorkloadError: something is missing, wrong, or went away.
    """
    progress = Progress("train")
    directories = {"train": given.train} | (
        {"validation": given.validation} if given.validation else {}
    )
    shard = Shard() if given.sharded else group.shard
    with joined(group):
        tables = group.agree(
            lambda: channels.read_channels(directories, given.content_type, shard, progress)
        )
        channels.check(tables, wanted.classes, group)
        mark = boosting.mark_of(wanted, tables["train"], group)
        matrices = {name: channels.matrix(table) for name, table in tables.items()}
        model = boosting.fit(
            wanted,
            matrices,
            Checkpoints(given.checkpoint_dir, mark) if given.checkpoint_dir else None,
            group=group,
            every=given.checkpoint_every,
        )
        metrics = boosting.measure(model, matrices, wanted.classes, group)
        if group.leads:
            save(given, model, metrics)
    progress.finish(
        rounds=model.num_boosted_rounds(),
        accuracy=accuracy_of(metrics),
        metrics=metrics,
        worker=group.index,
    )


def accuracy_of(metrics: dict[str, float]) -> float | None:
    """How often a classification is right where it was not trained, if that was measured."""
    return metrics.get("validation-accuracy", metrics.get("train-accuracy"))


def save(given: argparse.Namespace, model: xgboost.Booster, metrics: dict[str, float]) -> None:
    """Put the model and its metrics in place."""
    facts = {"rounds": model.num_boosted_rounds(), "accuracy": accuracy_of(metrics), **metrics}
    told = writable_directory(given.output_data_dir or given.model_dir)
    with whole_file(writable_directory(given.model_dir) / MODEL) as stream:
        stream.write(model.save_raw("ubj"))
    with whole_file(told / METRICS) as stream:
        stream.write(json.dumps(facts, indent=2).encode())


def parser(here: Surroundings) -> argparse.ArgumentParser:
    """The command line; every name may have underscores for its hyphens, as hyperparameters do."""
    top = Parser("train", __doc__)
    top.allow_abbrev = False

    def option(name: str, default: object, text: str, kind: Callable[[str], object] = Path) -> None:
        names = dict.fromkeys((f"--{name}", f"--{name.replace('-', '_')}"))
        shown = text if default is None else f"{text} (%(default)s)"
        top.add_argument(*names, default=default, type=kind, help=shown)

    option("train", here.path("SM_CHANNEL_TRAIN"), "file, or directory of files, to train on")
    option("validation", here.path("SM_CHANNEL_VALIDATION"), "file or directory to validate with")
    option("content-type", here.content_type, "text/csv or text/libsvm", str)
    option("model-dir", here.path("SM_MODEL_DIR"), "where the model goes")
    option("output-data-dir", here.path("SM_OUTPUT_DATA_DIR"), "where metrics.json goes")
    option("checkpoint-dir", here.checkpoints, "where checkpoints are kept")
    option("checkpoint-every", 10, "rounds from one checkpoint to the next", count)
    option("workers", len(here.hosts) or 1, "how many train together", count)
    option("worker-index", here.worker_index, "which of them this is, from 0", count_or_none)
    option("tracker-host", here.hosts[0] if here.hosts else "127.0.0.1", "worker 0's name", str)
    option("tracker-port", TRACKER_PORT, "worker 0's port", count)
    option("patience", PATIENCE, "seconds to wait for the other workers", count)
    top.set_defaults(sharded=here.sharded)
    return top


def parsed(here: Surroundings, arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Arguments, and the words that are hyperparameters."""
    top = parser(here)
    given, rest = top.parse_known_args([*as_words(here.variables.get("SM_HPS", "")), *arguments])
    for name in ("train", "model_dir"):
        if getattr(given, name) is None:
            top.error(f"--{name.replace('_', '-')} is missing: give a path")
    if given.worker_index >= given.workers:
        top.error(f"--worker-index {given.worker_index} is not below --workers {given.workers}")
    if here.threads:
        rest = ["--nthread", here.threads, *rest]
    return given, rest


@contextmanager
def told(here: Surroundings) -> Iterator[None]:
    """Tell SageMaker too why the block failed."""
    try:
        yield
    except faults.WorkloadError as error:
        here.tell(str(error))
        raise
    except OSError as error:
        here.tell(str(faults.from_os_error(error)))
        raise


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    here = Surroundings(os.environ)
    given, rest = parsed(here, sys.argv[1:] if arguments is None else arguments)
    group = Group(
        given.workers, given.worker_index, given.tracker_host, given.tracker_port, given.patience
    )

    def work() -> None:
        with told(here):
            train(given, parse(rest), group)

    try:
        status = faults.run(work)
    except SystemExit as stopped:
        status = int(stopped.code or 0)
    if status and group.workers > 1:
        leave(status)
    return status


if __name__ == "__main__":
    sys.exit(main())
