"""The training images that AWS keeps."""

from importlib.metadata import version

import pulumi

XGBOOST = "sagemaker-xgboost"


def xgboost_image(tag: str) -> pulumi.Output[str]:
    """Return the URI of SageMaker's XGBoost in the registry of the stack's Region.

    The function is invoked by its token, with the version of `pulumi_aws`, because the package's
    sagemaker module takes a second to import and nothing else of it is needed.

    Args:
        tag: Version, such as 1.7-1; there is no latest.
    """
    found = pulumi.runtime.invoke_output(
        "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage",
        {"repositoryName": XGBOOST, "imageTag": tag},
        pulumi.InvokeOptions(version=version("pulumi_aws")),
    )
    return found.apply(lambda image: str(image["registryPath"]))
