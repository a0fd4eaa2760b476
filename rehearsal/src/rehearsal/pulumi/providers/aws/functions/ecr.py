"""Functions that look up images in the account's own registry.

Nothing pushes images into the emulated account. The program's own images count as pushed,
because their pods run from the project's own files here; any other image does not exist.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Any

from rehearsal.project import settings
from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.aws.functions.declaration import Function
from rehearsal.pulumi.providers.server import ProviderError


def _image(call: Call) -> dict[str, Any]:
    repository, tag = call.inputs["repositoryName"], call.inputs["imageTag"]
    pushed = settings().image_repositories
    if not any(fnmatchcase(repository, one) for one in pushed):
        raise ProviderError(
            f"RepositoryNotFoundException: the rehearsal has the repositories that "
            f"tool.rehearsal.image-repositories names ({', '.join(pushed) or 'none'}), "
            f"not {repository}"
        )
    account = call.client("sts").get_caller_identity()["Account"]
    registry = f"{account}.dkr.ecr.{call.region}.amazonaws.com"
    digest = f"sha256:{sha256(f'{repository}:{tag}'.encode()).hexdigest()}"
    return {
        "id": digest,
        "imageDigest": digest,
        "imageTags": [tag],
        "imageUri": f"{registry}/{repository}@{digest}",
        "registryId": account,
    }


FUNCTIONS = {
    "aws:ecr/getImage:getImage": Function("ecr", _image, required={"imageTag", "repositoryName"}),
}
