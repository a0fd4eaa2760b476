"""Creates one TrainingJob for each batch of new data in an inbox, also if events are repeated.

    python -m workloads.on_new_data --queue URL --incoming s3://INBOX/digits/
        --dataset s3://BUCKET/datasets/digits/3f9a1c52e0b7/ --name digits --storage /data
        --template job.json --namespace training

Put files at CHANNEL/FILE below --incoming. After --quiet seconds without new files, the dataset and
all incoming files become a batch at STORAGE/batches/NAME/ID/CHANNEL/, and a TrainingJob is created
from the template, with the batch's id in place of $BATCH. Only then are the events deleted from the
queue. At its start the command creates a batch even without events. Run one command for each queue.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from workloads.arguments import Parser, positive_int, seconds
from workloads.downloads.sources import ItemChangedError
from workloads.errors import UnavailableError, run
from workloads.files import require_directory
from workloads.new_data.batches import FOLDER, Batch, Batches, current_batch
from workloads.new_data.events import EventQueue
from workloads.new_data.exports import Exports
from workloads.new_data.jobs import Template, TrainingJobs, connect
from workloads.objects import Location, s3_client
from workloads.summary import Progress, say

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Directory in which Kubernetes mounts a pod's service account."""
MAX_ATTEMPTS = 5
"""Number of attempts to build a batch whose objects change meanwhile."""


@dataclass(frozen=True)
class BatchTrainer:
    """Creator of batches and training jobs from a dataset and the incoming objects."""

    s3: Any
    dataset: Location
    incoming: Location
    batches: Batches
    jobs: TrainingJobs
    keep: int
    """Number of old batches to keep besides those that a job reads."""
    exports: Exports | None = None
    """Batches in the bucket, where jobs read them there; None where jobs mount the storage."""

    def train_changes(self, events: int) -> None:
        """Create the current batch and its job if they do not exist, and print the summary.

        Args:
            events: Number of events, for the summary.

        Raises:
            WorkloadError: An object or permission is missing, or a service does not answer.
        """
        progress = Progress("on_new_data")
        batch, created = self._ensure_job(progress)
        removed = self._prune() if batch else []
        progress.finish(
            batch=batch and batch.id,
            job=batch and self.jobs.template.name(batch.id),
            created=created,
            removed=removed,
            events=events,
        )

    def _ensure_job(self, progress: Progress) -> tuple[Batch | None, bool]:
        """Return the current batch, if any, and True if its job was created now."""
        for _ in range(MAX_ATTEMPTS):
            batch = current_batch(self.s3, self.dataset, self.incoming)
            if batch is None or self.jobs.exists(batch.id):
                return batch, False
            try:
                self.batches.build(batch, progress)
            except ItemChangedError as changed:
                say(f"{changed} changed while the batch was built: trying again")
            else:
                if self.exports is not None:
                    self.exports.wait(batch)
                return batch, self.jobs.create(batch.id)
        raise UnavailableError(
            f"{self.incoming} changes faster than a batch can be built; increase --quiet"
        )

    def _prune(self) -> list[str]:
        unfinished = self.jobs.unfinished_specs()
        return self.batches.prune(self.keep, lambda batch: batch in unfinished)


def watch(queue: EventQueue, trainer: BatchTrainer, args: argparse.Namespace) -> None:
    """Train on the current objects at the start, and later whenever there are events.

    The start needs no event, because the events of earlier, failed runs may be in the dead-letter
    queue. With --once, return after the start.

    Raises:
        WorkloadError: An object or permission is missing, or a service does not answer.
    """
    say(f"waiting for events of {args.incoming} in {queue.url}")
    first = True
    while first or not args.once:
        messages = queue.collect(args.quiet, args.longest, once=first)
        queue.extend_visibility(messages)
        trainer.train_changes(len(messages))
        queue.delete(messages)
        first = False


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = Parser("on_new_data", __doc__)
    parser.add_argument("--queue", required=True, metavar="URL", help="queue of S3's events")
    for name, help_text in (
        ("--incoming", "location of new data"),
        ("--dataset", "location of the dataset that new data is added to"),
    ):
        parser.add_argument(
            name, required=True, type=Location.parse, metavar="s3://BUCKET/PREFIX/", help=help_text
        )
    parser.add_argument("--name", required=True, help="name of the dataset")
    parser.add_argument(
        "--storage", required=True, type=Path, help="mount point of the shared volume"
    )
    parser.add_argument(
        "--template", required=True, type=Path, help="JSON file with a TrainingJob without a name"
    )
    parser.add_argument("--namespace", required=True, help="namespace of the TrainingJobs")
    parser.add_argument(
        "--service-account",
        type=Path,
        default=SERVICE_ACCOUNT,
        metavar="DIRECTORY",
        help="directory with token and ca.crt of the service account (%(default)s)",
    )
    parser.add_argument(
        "--quiet", type=seconds, default=30.0, help="seconds without events that end a batch (30)"
    )
    parser.add_argument(
        "--longest", type=seconds, default=300.0, help="maximum seconds of one batch (300)"
    )
    parser.add_argument(
        "--keep", type=positive_int, default=3, help="number of old batches to keep (3)"
    )
    parser.add_argument(
        "--exported",
        type=Location.parse,
        metavar="s3://BUCKET/PREFIX/",
        help="location to which S3 Files exports the dataset's batches; a job is created once its "
        "batch is there",
    )
    parser.add_argument("--once", action="store_true", help="end after the events in the queue")
    return parser


def execute(args: argparse.Namespace, s3: Any, sqs: Any, kubernetes: Any) -> None:
    """Watch the queue as the arguments say.

    Args:
        args: Parsed arguments.
        s3: S3 client.
        sqs: SQS client.
        kubernetes: CustomObjectsApi of the Kubernetes client.

    Raises:
        WorkloadError: An object or permission is missing, or a service does not answer.
    """
    directory = f"{FOLDER}/{args.name}"
    trainer = BatchTrainer(
        s3,
        args.dataset,
        args.incoming,
        Batches(require_directory(args.storage) / directory),
        TrainingJobs(kubernetes, args.namespace, Template.read(args.template, directory)),
        args.keep,
        Exports(s3, args.exported) if args.exported else None,
    )
    watch(EventQueue(sqs, args.queue, args.incoming.bucket), trainer, args)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    args = build_parser().parse_args(argv)
    return run(
        lambda: execute(args, s3_client(), boto3.client("sqs"), connect(args.service_account))
    )


if __name__ == "__main__":
    sys.exit(main())
