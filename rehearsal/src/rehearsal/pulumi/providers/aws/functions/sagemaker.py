"""Functions that look up the addresses of SageMaker's own images.

The account that holds an image differs by Region:
https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/sagemaker-algo-docker-registry-paths.html
"""

from __future__ import annotations

from typing import Any

from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.aws.functions.declaration import Function
from rehearsal.pulumi.providers.server import ProviderError

# The framework images of XGBoost and scikit-learn are in the same accounts.
_FRAMEWORK_ACCOUNTS = {
    "ap-northeast-1": "354813040037",
    "ap-northeast-2": "366743142698",
    "ap-south-1": "720646828776",
    "ap-southeast-1": "121021644041",
    "ap-southeast-2": "783357654285",
    "ca-central-1": "341280168497",
    "eu-central-1": "492215442770",
    "eu-north-1": "662702820516",
    "eu-west-1": "141502667606",
    "eu-west-2": "764974769150",
    "eu-west-3": "659782779980",
    "sa-east-1": "737474898029",
    "us-east-1": "683313688378",
    "us-east-2": "257758044811",
    "us-west-1": "746614075791",
    "us-west-2": "246618743249",
}
_REPOSITORIES = {
    "sagemaker-scikit-learn": _FRAMEWORK_ACCOUNTS,
    "sagemaker-xgboost": _FRAMEWORK_ACCOUNTS,
}


def _image(call: Call) -> dict[str, Any]:
    repository, tag = call.inputs["repositoryName"], call.inputs.get("imageTag") or "1"
    accounts = _REPOSITORIES.get(repository)
    if accounts is None:
        raise ProviderError(
            f"the rehearsal knows the images of {', '.join(_REPOSITORIES)} only, not {repository}"
        )
    if call.region not in accounts:
        raise ProviderError(
            f"the rehearsal knows no account that has {repository} in {call.region}"
        )
    suffix = call.inputs.get("dnsSuffix") or "amazonaws.com"
    account = accounts[call.region]
    return {
        "dnsSuffix": suffix,
        "id": account,
        "imageTag": tag,
        "registryId": account,
        "registryPath": f"{account}.dkr.ecr.{call.region}.{suffix}/{repository}:{tag}",
    }


FUNCTIONS = {
    "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage": Function(
        "sagemaker",
        _image,
        arguments={"dnsSuffix", "imageTag"},
        required={"repositoryName"},
    ),
}
