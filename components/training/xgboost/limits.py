"""SageMaker's limits on hyperparameters, whatever trains with them.

Source: SageMaker API Reference, CreateTrainingJob, HyperParameters: 100 entries, keys of 256 and
values of 2,500 characters, in one line each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from components.spec.errors import ConfigError, Path

MAX_HYPERPARAMETERS = 100
SCRIPT_HYPERPARAMETERS = 4
"""Hyperparameters that tell SageMaker's image where a script is."""
MAX_NAME_LENGTH = 256
MAX_VALUE_LENGTH = 2500


def size_errors(
    path: Path, given: Mapping[str, str], *, script: bool = False
) -> Iterator[ConfigError]:
    """Yield an error for too many hyperparameters, and for names and values that are too long.

    Args:
        path: Path of the hyperparameters in the config.
        given: Hyperparameters by name.
        script: True for a job that runs our script, whose values are sent as JSON.
    """
    most = MAX_HYPERPARAMETERS - SCRIPT_HYPERPARAMETERS if script else MAX_HYPERPARAMETERS
    if len(given) > most:
        rule = f"SageMaker takes {MAX_HYPERPARAMETERS} hyperparameters"
        rule += f", and {SCRIPT_HYPERPARAMETERS} of them say where the script is" if script else ""
        count = f"{len(given)} hyperparameters"
        yield ConfigError(path, rule, count, f"remove {len(given) - most}")
    for name, value in given.items():
        sent = json.dumps(value) if script else value
        if len(name) > MAX_NAME_LENGTH or "\n" in name:
            rule = f"a hyperparameter's name has {MAX_NAME_LENGTH} characters at most, in one line"
            yield ConfigError((*path, name), rule, name, "shorten it")
        if len(sent) > MAX_VALUE_LENGTH or "\n" in sent:
            rule = f"SageMaker takes {MAX_VALUE_LENGTH} characters a value, in one line"
            yield ConfigError((*path, name), rule, value, f"shorten it from {len(sent)} characters")
