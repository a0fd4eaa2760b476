"""A valid config, an account that suits it, and what a change of either breaks."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from components.spec.errors import ConfigError, format_path
from settings.account import Account
from settings.deployed import Deployed
from settings.existing import Existing
from settings.loading import check
from settings.stack import Settings

REGION = "us-west-2"
FILES = Path(__file__).with_name("files")
A_FILE = str(FILES / "train.csv")
"""A dataset's file of a few rows, labels 0 to 9."""
ANOTHER_FILE = str(FILES / "validation.csv")
"""Other rows of the same."""

ACCOUNT = Account(
    zones={
        "us-west-2a": "usw2-az2",
        "us-west-2b": "usw2-az1",
        "us-west-2c": "usw2-az3",
        "us-west-2d": "usw2-az4",
    },
    offerings={
        "m6i.large": {"us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d"},
        "g5.2xlarge": {"us-west-2a", "us-west-2b", "us-west-2c"},
    },
    instance_stores={"g5.2xlarge"},
    kubernetes_versions={
        "1.36": "STANDARD_SUPPORT",
        "1.35": "STANDARD_SUPPORT",
        "1.34": "STANDARD_SUPPORT",
        "1.33": "EXTENDED_SUPPORT",
    },
    known_types={"m6i.large", "m6i.xlarge", "g5.2xlarge", "g5.4xlarge"},
)

VALID: dict[str, Any] = {
    "network": {"cidr": "10.20.0.0/16", "zones": ["us-west-2a", "us-west-2b"]},
    "cluster": {"publicAccessCidrs": ["192.31.196.1/32"]},
    "nodeGroups": {"cpu": {"instanceTypes": ["m6i.large"], "minSize": 2, "desiredSize": 2}},
    "datasets": {"digits": {"files": {"train": A_FILE, "validation": ANOTHER_FILE}}},
    "storage": {"backend": "fsx"},
    "training": {
        "jobs": {
            "digits": {
                "dataset": "digits",
                "hyperParameters": {
                    "objective": "multi:softmax",
                    "num_class": "10",
                    "num_round": "5",
                },
            }
        }
    },
}

NOTHING = Deployed()
REMOVED = object()
Changes = Mapping[str, Any]
"""Values by the dotted path they are set at; REMOVED takes a key out."""


class Case(NamedTuple):
    """Changes that break a rule, and the error that must be found."""

    changes: Changes
    key: str
    rule: str
    """A part of the rule's words."""
    value: Any
    remedy: str
    """A part of the remedy's words."""


def valid() -> dict[str, Any]:
    """A config without an error, to be changed freely."""
    return copy.deepcopy(VALID)


def changed(changes: Changes) -> dict[str, Any]:
    """The valid config with values set by their dotted paths."""
    config = valid()
    for path, value in changes.items():
        *way, last = path.split(".")
        holder = config
        for step in way:
            holder = holder.setdefault(step, {})
        if value is REMOVED:
            del holder[last]
        else:
            holder[last] = copy.deepcopy(value)
    return config


def checked(  # noqa: PLR0917 (a config, and facts that are found)
    changes: Changes,
    account: Account = ACCOUNT,
    region: str = REGION,
    deployed: Deployed = NOTHING,
    names: tuple[str, str] = ("eks-ml-storage", "test"),
    existing: Existing = Existing(),  # noqa: B008 (frozen)
) -> tuple[Settings, list[ConfigError]]:
    """The settings of the changed config, and its errors, in a project and a stack of names."""
    config = changed(changes)
    return check(
        *names,
        region,
        config,
        lambda *_: account,
        deployed=deployed,
        read_existing=lambda _: existing,
    )


def errors(changes: Changes, account: Account = ACCOUNT, region: str = REGION) -> list[ConfigError]:
    """The errors of the changed config."""
    return checked(changes, account, region)[1]


def keys(changes: Changes, account: Account = ACCOUNT) -> list[str]:
    """The keys at error in the changed config."""
    return [format_path(error.path) for error in errors(changes, account)]


def assert_refused(case: Case, account: Account = ACCOUNT, region: str = REGION) -> None:
    """The case has its error, once, with its rule, value and remedy."""
    found = [
        one for one in errors(case.changes, account, region) if format_path(one.path) == case.key
    ]
    assert len(found) == 1, f"one error at {case.key}, got: {found}"
    assert case.rule in found[0].rule
    assert found[0].value == case.value
    assert case.remedy in found[0].remedy
