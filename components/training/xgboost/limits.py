"""SageMaker's limits on hyperparameters, whatever trains with them.

Source: SageMaker API Reference, CreateTrainingJob, HyperParameters: 100 entries, keys of 256 and
values of 2,500 characters, in one line each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from components.spec.errors import ConfigError, Path

MOST = 100
OF_SCRIPT = 4
"""Hyperparameters that tell SageMaker's image where a script is."""
LONGEST_NAME = 256
LONGEST_VALUE = 2500


def size_errors(
    path: Path, given: Mapping[str, str], *, script: bool = False
) -> Iterator[ConfigError]:
    """Find what is too much or too long.

    Args:
        path: The hyperparameters' place in the config.
        given: Hyperparameters by name.
        script: True for a job that runs our script, whose values are sent as JSON.
    """
    most = MOST - OF_SCRIPT if script else MOST
    if len(given) > most:
        rule = f"SageMaker takes {MOST} hyperparameters"
        rule += f", and {OF_SCRIPT} of them say where the script is" if script else ""
        count = f"{len(given)} hyperparameters"
        yield ConfigError(path, rule, count, f"remove {len(given) - most}")
    for name, value in given.items():
        sent = json.dumps(value) if script else value
        if len(name) > LONGEST_NAME or "\n" in name:
            rule = f"a hyperparameter's name has {LONGEST_NAME} characters at most, in one line"
            yield ConfigError((*path, name), rule, name, "shorten it")
        if len(sent) > LONGEST_VALUE or "\n" in sent:
            rule = f"SageMaker takes {LONGEST_VALUE} characters a value, in one line"
            yield ConfigError((*path, name), rule, value, f"shorten it from {len(sent)} characters")
