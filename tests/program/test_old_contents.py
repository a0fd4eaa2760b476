"""Contents that the stacks remove from the storage once nothing reads them."""

from typing import Any

from tests.mocks import Deployment
from tests.program.conftest import Deploy, prefix


def kept(deployment: Deployment) -> list[str]:
    """Return the directories in use, each as KIND DIRECTORY."""
    spec: Any = deployment.one(":Job", "mount-old-job").inputs["spec"]["template"]["spec"]
    told = {each["name"]: each["value"] for each in spec["containers"][0]["env"]}
    return [line.replace("\t", " ") for line in told["KEEP"].splitlines()]


def test_the_contents_in_use_stay(dev: Deployment, prod: Deployment, patterns: Deployment) -> None:
    assert kept(dev) == [f"ours {prefix(dev)}"]
    assert kept(prod) == [f"linked {prefix(prod).removeprefix('datasets/')}"]
    model = f"models/digits/{patterns.exports['trainingJobs']['digits']}"
    assert kept(patterns)[-1] == f"ours {model}"


def test_models_that_a_link_shows_are_left_to_it(deployed: Deploy) -> None:
    whole = deployed(
        "patterns", {"storage.fsx.link.importPath": "", "storage.fsx.link.exportPath": None}
    )
    assert kept(whole) == [f"linked {prefix(whole)}"]


def test_nothing_is_removed_before_all_readers_have_changed_over(
    stack: Deployment, patterns: Deployment
) -> None:
    waited = stack.waits_for(stack.one(":Job", "mount-old-job"))
    assert stack.one("v1alpha1:TrainingJob") in waited
    readers = (
        patterns.one(":Job", "patterns-checkpoints-job-job"),
        patterns.one(":Job", "patterns-distributed-job-job"),
        patterns.one(":Deployment", "patterns-models-digits-server-deployment"),
    )
    waited = patterns.waits_for(patterns.one(":Job", "mount-old-job"))
    assert all(each in waited for each in readers)


def test_nothing_waits_for_what_is_removed(stack: Deployment) -> None:
    """Only the object that a destroy deletes first, and so an update makes last."""
    job = stack.one(":Job", "mount-old-job")
    waiting = [each.name for each in stack.resources if job.urn in each.dependencies]
    assert waiting == ["protection-object"]
