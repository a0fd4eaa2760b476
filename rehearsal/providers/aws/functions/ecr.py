"""Functions that look up images in the account's own registry.

Nothing pushes images into the emulated account. The image of the workloads counts as pushed,
because its pods run from the project's own files here; any other image does not exist.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from rehearsal.providers.aws.call import Call
from rehearsal.providers.aws.functions.declaration import Function
from rehearsal.providers.edge import ProviderError

WORKLOADS = "-workloads"
"""Suffix of the name of the workloads' repository."""


def _image(call: Call) -> dict[str, Any]:
    repository, tag = call.inputs["repositoryName"], call.inputs["imageTag"]
    if not repository.endswith(WORKLOADS):
        raise ProviderError(
            f"RepositoryNotFoundException: the rehearsal has repositories *{WORKLOADS} only, "
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
