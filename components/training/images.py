"""The training images that AWS keeps."""

from importlib.metadata import version

import pulumi

XGBOOST = "sagemaker-xgboost"


def xgboost_image(tag: str) -> pulumi.Output[str]:
    """SageMaker's XGBoost in the registry of the stack's region.

    Asked for by its token, and with the version by which `pulumi_aws` asks: that package's
    sagemaker module takes a second to import, and this is all of it that is needed.

    Args:
        tag: A version, as 1.7-1; there is no latest.
    """
    found = pulumi.runtime.invoke_output(
        "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage",
        {"repositoryName": XGBOOST, "imageTag": tag},
        pulumi.InvokeOptions(version=version("pulumi_aws")),
    )
    return found.apply(lambda image: str(image["registryPath"]))
