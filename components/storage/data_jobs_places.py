"""Directories of data jobs, and the order that follows from them."""

from __future__ import annotations

from collections.abc import Mapping

from components.storage.data_job_spec import DataJobSpec


def downloads_for(
    reader: str, jobs: Mapping[str, DataJobSpec], roots: Mapping[str, str]
) -> list[str]:
    """Return the names of the downloads into, above or below the directory that a job reads.

    Args:
        reader: Name of the job that reads.
        jobs: Settings of all jobs by name.
        roots: Directory that each claim shows, by the claim's name.
    """
    wanted = place(jobs[reader], roots)
    return [
        key
        for key, one in jobs.items()
        if one.download is not None and overlap(place(one, roots), wanted)
    ]


def place(job: DataJobSpec, roots: Mapping[str, str]) -> str:
    """Return the directory of a job from the root of the file system."""
    return f"{roots[job.claim]}/{job.directory}".lstrip("/")


def overlap(one: str, other: str) -> bool:
    """Return whether one of two directories is the other or lies in it."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")
