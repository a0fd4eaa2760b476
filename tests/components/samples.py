"""Stand-ins for components that the tests of others are given."""

from types import SimpleNamespace
from typing import Any

import pulumi

from components.network import Network

ZONES = ["us-west-2a", "us-west-2b"]


def network(**changes: Any) -> Any:
    """A network in two zones that registers nothing."""
    made = Network.__new__(Network)
    by_role = {
        role: {zone: pulumi.Output.from_input(f"subnet-{role}-{zone}") for zone in ZONES}
        for role in ("public", "private")
    }
    vars(made).update(
        vpc_id=pulumi.Output.from_input("vpc-1"),
        zones=ZONES,
        control_plane_zones=ZONES,
        public_subnet_ids=by_role["public"],
        private_subnet_ids=by_role["private"],
        egress=[],
    )
    vars(made).update(changes)
    return made


def bucket(**changes: Any) -> Any:
    """A bucket without datasets."""
    given = {"name": pulumi.Output.from_input("data"), "datasets": {}, "objects": []}
    given |= {"arn": pulumi.Output.from_input("arn:aws:s3:::data")}
    given |= {"kms_key_arn": None, "use_key": []}
    return SimpleNamespace(**{**given, **changes})


def cluster(**changes: Any) -> Any:
    """A cluster without nodes that registers nothing."""
    given = {"name": pulumi.Output.from_input("ml-dev"), "workers": []}
    return SimpleNamespace(**{**given, **changes})
