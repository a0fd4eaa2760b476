"""Starts a TrainingJob for each batch of changes in an inbox, once, however often it is told.

    python -m workloads.on_new_data --queue URL --incoming s3://INBOX/digits/
        --dataset s3://BUCKET/datasets/digits/3f9a1c52e0b7/ --name digits --storage /data
        --template job.json --namespace training

Put files at CHANNEL/FILE below --incoming. When nothing was put for --quiet seconds, the
dataset and all that came in are a batch at STORAGE/batches/NAME/ID/CHANNEL/, and a TrainingJob is
made of the template, with the id wherever it says $BATCH. Only then are the events deleted from the
queue. When it starts, it looks whatever the queue says. Run one of these for each queue.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from workloads.arguments import Parser, count, seconds
from workloads.downloads.sources import ItemChangedError
from workloads.faults import UnavailableError, run
from workloads.files import existing_directory
from workloads.new_data.batches import FOLDER, Batch, Batches, current_batch
from workloads.new_data.events import EventQueue
from workloads.new_data.jobs import Template, TrainingJobs, connect
from workloads.objects import Location, s3_client
from workloads.summary import Progress, say

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
LOOKS = 5
"""How often the data may change while a batch is made of it."""


@dataclass(frozen=True)
class Trainer:
    """What makes training jobs of a dataset and what came in."""

    s3: Any
    dataset: Location
    incoming: Location
    batches: Batches
    jobs: TrainingJobs
    keep: int

    def look(self, events: int) -> None:
        """See that what there is now has its job, and say what was done.

        Args:
            events: how many asked for it.

        Raises:
            WorkloadError: something is missing, wrong, refused or away.
        """
        progress = Progress("on_new_data")
        batch, made = self._train(progress)
        pruned = self._prune() if batch else []
        progress.finish(
            batch=batch and batch.id,
            job=batch and self.jobs.template.name(batch.id),
            created=made,
            removed=pruned,
            events=events,
        )

    def _train(self, progress: Progress) -> tuple[Batch | None, bool]:
        """The batch that there is now, and whether a job was made for it."""
        for _ in range(LOOKS):
            batch = current_batch(self.s3, self.dataset, self.incoming)
            if batch is None or self.jobs.exists(batch.id):
                return batch, False
            try:
                self.batches.build(batch, progress)
            except ItemChangedError as changed:
                say(f"{changed} changed while the batch was made: looking again")
            else:
                return batch, self.jobs.create(batch.id)
        raise UnavailableError(
            f"{self.incoming} changes faster than a batch can be made; give --quiet more seconds"
        )

    def _prune(self) -> list[str]:
        """Remove old batches that no job reads."""
        unfinished = self.jobs.unfinished()
        return self.batches.prune(self.keep, lambda batch: batch in unfinished)


def watch(queue: EventQueue, trainer: Trainer, given: argparse.Namespace) -> None:
    """Look at first, and whenever there are events; with --once, only at first.

    At first also without events: runs that failed may have left theirs to the dead letters.
    """
    say(f"waiting for events of {given.incoming} in {queue.url}")
    first = True
    while first or not given.once:
        messages = queue.gather(given.quiet, given.longest, once=first)
        queue.keep(messages)
        trainer.look(len(messages))
        queue.delete(messages)
        first = False


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = Parser("on_new_data", __doc__)
    top.add_argument("--queue", required=True, metavar="URL", help="of the events of --incoming")
    for name, meaning in (("--incoming", "where new data comes"), ("--dataset", "what it adds to")):
        top.add_argument(
            name, required=True, type=Location.parse, metavar="s3://BUCKET/PREFIX/", help=meaning
        )
    top.add_argument("--name", required=True, help="of the dataset; its batches are below it")
    top.add_argument("--storage", required=True, type=Path, help="where the shared volume is")
    top.add_argument("--template", required=True, type=Path, help="JSON of a TrainingJob")
    top.add_argument("--namespace", required=True, help="where jobs are made")
    top.add_argument("--service-account", type=Path, default=SERVICE_ACCOUNT, metavar="DIRECTORY")
    top.add_argument("--quiet", type=seconds, default=30.0, help="seconds without events (30)")
    top.add_argument("--longest", type=seconds, default=300.0, help="seconds of events (300)")
    top.add_argument("--keep", type=count, default=3, help="batches that stay (3)")
    top.add_argument("--once", action="store_true", help="end after the events that are there")
    return top


def work(given: argparse.Namespace, s3: Any, sqs: Any, kubernetes: Any) -> None:
    """Make the parts, and watch.

    Args:
        given: the arguments.
        s3: a client of S3.
        sqs: a client of SQS.
        kubernetes: a CustomObjectsApi.

    Raises:
        WorkloadError: something is missing, wrong, refused or away.
    """
    directory = f"{FOLDER}/{given.name}"
    trainer = Trainer(
        s3,
        given.dataset,
        given.incoming,
        Batches(existing_directory(given.storage) / directory),
        TrainingJobs(kubernetes, given.namespace, Template.read(given.template, directory)),
        given.keep,
    )
    watch(EventQueue(sqs, given.queue, given.incoming.bucket), trainer, given)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return the exit status."""
    given = parser().parse_args(arguments)
    return run(
        lambda: work(given, s3_client(), boto3.client("sqs"), connect(given.service_account))
    )


if __name__ == "__main__":
    sys.exit(main())
