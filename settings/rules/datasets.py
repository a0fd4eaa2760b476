"""Rules of the files that jobs train on.

These rules read the first megabyte of each file, and the whole of two files of one size: what the
container finds wrong after an instance was started for it is known on this machine before.
"""

from __future__ import annotations

import filecmp
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path as File

from components.bucket_spec import MAX_DATASET_NAME_LENGTH
from components.data_source_spec import MAX_FILES, is_file, local_files
from components.names import label_errors
from components.spec.errors import ConfigError, Path
from settings.data import IN_BUCKET, Declared
from settings.data_file import CSV, FileProblem, FileSample, read_sample
from settings.stack import Settings

TRAIN, VALIDATION = "train", "validation"
WHOLE = re.compile(r"[0-9]{1,9}")


def names(settings: Settings) -> Iterator[ConfigError]:
    """Check that names can be parts of names in Kubernetes."""
    yield from label_errors(("datasets",), settings.datasets, MAX_DATASET_NAME_LENGTH)
    yield from label_errors(("models",), settings.models, MAX_DATASET_NAME_LENGTH)


def declared_once(settings: Settings) -> Iterator[ConfigError]:
    """Check that no dataset is declared in both sections."""
    for name in settings.datasets:
        if name in settings.bucket.datasets:
            rule = "must be declared once, and `datasets` has one of this name"
            where: Path = (*IN_BUCKET, name)
            yield ConfigError(where, rule, name, "remove it here", (("datasets", name),))


def former_section(settings: Settings) -> Iterator[ConfigError]:
    """Advise on datasets in the section of the last release."""
    for name, dataset in settings.bucket.datasets.items():
        rule = "is the place of the last release, which a later one no longer reads"
        files = f"{{train: {dataset.train}, validation: {dataset.validation}}}"
        remedy = f"move it to `datasets: {{{name}: {{files: {files}}}}}`: nothing is uploaded anew"
        yield ConfigError((*IN_BUCKET, name), rule, name, remedy)


def contents(settings: Settings) -> Iterator[ConfigError]:
    """Check that files have numbers, in the format that a job names."""
    for name, where, file, content_type in _files(settings):
        for problem in _sample(file, content_type).problems:
            readers = tuple(path for path, *_ in _readers(settings, name))
            got = f"{file}: {problem.got}"
            yield ConfigError(where, f"the file {problem.rule}", got, problem.remedy, readers)


def two_files(settings: Settings) -> Iterator[ConfigError]:
    """Check that the validation rows are not those of the training: the model would seem better."""
    for declared in settings.declared_datasets.values():
        train, validation = _only(declared, TRAIN), _only(declared, VALIDATION)
        if train and validation and _is_same(train, validation):
            rule = "must have other rows than train: it would tell nothing of the model"
            where: Path = (*declared.files, VALIDATION)
            remedy = "split the data: `python -m workloads.dataset csv` does it"
            depends_on: tuple[Path, ...] = ((*declared.files, TRAIN),)
            yield ConfigError(where, rule, str(validation), remedy, depends_on)


def one_width(settings: Settings) -> Iterator[ConfigError]:
    """Check that all files have the same number of columns, without which XGBoost fails."""
    for name, declared in settings.declared_datasets.items():
        if all(content_type != CSV for _, content_type, _ in _readers(settings, name)):
            continue
        train = next((_sample(file, CSV).width for _, file in _channels(declared, TRAIN)), 0)
        for where, file in _channels(declared, VALIDATION):
            width = _sample(file, CSV).width
            if train and width and train != width:
                rule = f"must have as many columns as train, which has {train}"
                got, remedy = f"{file}: {width} columns", "prepare both alike"
                yield ConfigError(where, rule, got, remedy, ((*declared.files, TRAIN),))


def labels(settings: Settings) -> Iterator[ConfigError]:
    """Check that labels fit the objective: classes from 0 on, or probabilities."""
    for name, declared in settings.declared_datasets.items():
        for path, content_type, parameters in _readers(settings, name):
            for channel, file in _channels(declared):
                seen = _sample(file, content_type).labels
                found = _labels(seen, parameters)
                if found:
                    key, rule, remedy = found
                    where = (*path, "hyperParameters", key)
                    depends_on: tuple[Path, ...] = (channel,)
                    yield ConfigError(where, rule.format(file), parameters[key], remedy, depends_on)
                    break


def _labels(seen: list[float], parameters: dict[str, str]) -> tuple[str, str, str] | None:
    """Return the hyperparameter that the labels do not fit, the rule and the remedy."""
    objective, classes = parameters.get("objective", ""), parameters.get("num_class", "")
    if not seen:
        return None
    if objective.startswith("multi:") and WHOLE.fullmatch(classes):
        if any(one < 0 or one != int(one) for one in seen):
            rule = "wants whole numbers from 0 on for labels, and {} has others"
            return "objective", rule, "number the classes from 0, or choose reg:squarederror"
        if max(seen) >= int(classes):
            rule = f"must be above every label, and {{}} has {max(seen):g}"
            return "num_class", rule, f'set "{int(max(seen)) + 1}" or more'
    probabilities = objective.startswith("binary:") or objective == "reg:logistic"
    if probabilities and any(not 0 <= one <= 1 for one in seen):
        rule = "wants labels from 0 to 1, and {} has others"
        return "objective", rule, "write the labels as 0 and 1, or choose another objective"
    return None


def _files(settings: Settings) -> Iterator[tuple[str, Path, File, str]]:
    """Yield dataset, channel, file and format of each file that XGBoost reads, once a format."""
    for name, declared in settings.declared_datasets.items():
        for content_type in {one: None for _, one, _ in _readers(settings, name)}:
            for where, file in _channels(declared):
                yield name, where, file, content_type


def _channels(declared: Declared, *wanted: str) -> Iterator[tuple[Path, File]]:
    """Yield key and path of each file of the channels that XGBoost reads, or of some of them."""
    for channel, paths in declared.spec.paths.items():
        files = local_files(paths) if channel in (wanted or (TRAIN, VALIDATION)) else []
        if len(files) <= MAX_FILES:  # more are an error by themselves
            for _, file in files:
                yield (*declared.files, channel), File(file)


def _only(declared: Declared, channel: str) -> File | None:
    """Return the file of a channel that has one only."""
    paths = declared.spec.paths.get(channel, ())
    return File(paths[0]) if len(paths) == 1 and is_file(paths[0]) else None


def _readers(settings: Settings, dataset: str) -> Iterator[tuple[Path, str, dict[str, str]]]:
    """Yield path, format and hyperparameters of all that trains with XGBoost on a dataset."""
    for name, job in settings.training.jobs.items():
        if dataset in job.datasets and job.image is None:
            content_type = job.content_type or CSV
            yield ("training", "jobs", name), content_type, job.hyper_parameters
    patterns = settings.patterns
    for key, pattern in (
        ("checkpoints", patterns.checkpoints),
        ("distributedDataset", patterns.distributed_dataset),
    ):
        if pattern is not None and pattern.dataset == dataset:
            yield ("patterns", key), pattern.content_type, pattern.hyper_parameters


def _sample(file: File, content_type: str) -> FileSample:
    status = file.stat()
    return _cached_sample(file, content_type, status.st_mtime_ns, status.st_size)


@cache
def _cached_sample(file: File, content_type: str, changed: int, size: int) -> FileSample:
    del changed, size
    try:
        return read_sample(file, content_type)
    except OSError as error:
        problem = FileProblem("must be readable", str(error.strerror), "give it read rights")
        return FileSample([problem], [], 0)


def _is_same(one: File, other: File) -> bool:
    return one.samefile(other) or filecmp.cmp(one, other, shallow=False)


RULES = (names, declared_once, contents, two_files, one_width, labels)

WARNINGS = (former_section,)
