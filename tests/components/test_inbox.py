from typing import Any

import pytest

from components.inbox import Inbox
from tests.mocks import Deployment, deploy


def inbox(**changes: Any) -> Deployment:
    return deploy(lambda: Inbox("inbox", {**changes}))  # type: ignore[typeddict-item]


def rule(made: Deployment) -> Any:
    """Return the lifecycle rule of the objects that came in."""
    return made.one(":BucketLifecycleConfiguration").inputs["rules"][1]


def test_what_came_in_stays_as_every_batch_is_made_of_it() -> None:
    assert "expiration" not in rule(inbox())
    assert "transitions" not in rule(inbox())


def test_what_came_in_is_deleted_at_the_age_that_is_given() -> None:
    assert rule(inbox(expiration_days=90))["expiration"] == {"days": 90}


def test_what_was_replaced_by_mistake_can_be_got_back() -> None:
    made = inbox()
    assert made.one(":BucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    assert rule(made)["noncurrentVersionExpiration"] == {"noncurrentDays": 30}


@pytest.mark.parametrize("wanted", [True, False])
def test_it_goes_as_it_is_told(wanted: bool) -> None:
    made = inbox(force_destroy=wanted, protect=wanted)
    bucket = made.one("s3/bucket:Bucket")
    assert bucket.inputs["forceDestroy"] is wanted
    assert [each.name for each in made.resources if each.options.protect] == (
        ["inbox-bucket"] if wanted else []
    )
