"""Rules of the images of the cluster's own pods."""

from __future__ import annotations

from collections.abc import Iterator

from components.pods.image_spec import image_errors
from components.spec.errors import NOT_SET, ConfigError, Path
from settings.account import Account
from settings.stack import Settings

IMAGE: Path = ("workloads", "image")


def images(settings: Settings) -> Iterator[ConfigError]:
    """Check that the tags of the teardown's and the model servers' images cannot move."""
    yield from image_errors(("drivers", "teardown", "image"), settings.drivers.teardown.image)
    repository = settings.patterns.model_repository
    for name, model in repository.models.items() if repository else ():
        path: Path = ("patterns", "modelRepository", "models", name, "server", "image")
        yield from image_errors(path, model.server.image)


def pushed(settings: Settings, account: Account) -> Iterator[ConfigError]:
    """Check that the workloads image is in Amazon ECR: pods would wait for it."""
    if account.missing_image is not None:
        rule = "without one, pods run what `make image` pushes, which is not in Amazon ECR yet"
        remedy = (
            f"run `make image STACK={settings.stack}`, which is needed again after a change of "
            f"workloads/, or set an image of your own. AWS says: {account.missing_image}"
        )
        yield ConfigError(IMAGE, rule, NOT_SET, remedy)


RULES = (images,)
IN_ACCOUNT = (pushed,)
