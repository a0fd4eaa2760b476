"""Tags by which a resource in the account is matched with its project, stack and logical name."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import pulumi

TAGGED_TYPES = frozenset(
    {
        "aws:cloudwatch/logGroup:LogGroup",
        "aws:ec2/eip:Eip",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:ec2/natGateway:NatGateway",
        "aws:ec2/routeTable:RouteTable",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/vpc:Vpc",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "aws:efs/accessPoint:AccessPoint",
        "aws:efs/fileSystem:FileSystem",
        "aws:eks/accessEntry:AccessEntry",
        "aws:eks/addon:Addon",
        "aws:eks/cluster:Cluster",
        "aws:eks/nodeGroup:NodeGroup",
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        "aws:fsx/lustreFileSystem:LustreFileSystem",
        "aws:iam/role:Role",
        "aws:kms/key:Key",
        "aws:s3/bucket:Bucket",
        "aws:s3/bucketObjectv2:BucketObjectv2",
        "aws:s3/filesAccessPoint:FilesAccessPoint",
        "aws:s3/filesFileSystem:FilesFileSystem",
        "aws:sqs/queue:Queue",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    }
)
"""Types of resources that take tags, among those of this program and of pulumi-eks."""

LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
LAUNCHED_TYPES = ("instance", "volume", "network-interface")
"""Resources that EC2 makes of a launch template."""

IDENTITY_ONLY = frozenset({"aws:s3/bucketObjectv2:BucketObjectv2"})
"""Types that get no tags of the user's: S3 allows ten tags per object and bills by none of them."""

Transform = Callable[[pulumi.ResourceTransformArgs], pulumi.ResourceTransformResult | None]


def identity_tags(project: str, stack: str, name: str) -> dict[str, str]:
    """Return tags by which an audit matches a resource in the account with one in the state."""
    return {"Project": project, "Stack": stack, "Name": name}


def stack_tags() -> dict[str, str]:
    """Return the tags of the running stack, for resources that controllers create for it."""
    return {"Project": pulumi.get_project(), "Stack": pulumi.get_stack()}


def tag_transform(project: str, stack: str, user_tags: Mapping[str, str]) -> Transform:
    """Return a transform that adds the user's tags and the identity tags to a resource.

    Args:
        project: Name of the Pulumi project.
        stack: Name of the Pulumi stack.
        user_tags: Tags from the stack file.
    """

    def transform(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if args.type_ not in TAGGED_TYPES:
            return None
        chosen = {} if args.type_ in IDENTITY_ONLY else user_tags
        identity = identity_tags(project, stack, args.name)
        given = args.props.get("tags")
        if isinstance(given, pulumi.Output):
            tags: Any = given.apply(lambda known: {**chosen, **(known or {}), **identity})
        else:
            tags = {**chosen, **cast("Mapping[str, Any]", given or {}), **identity}
        props = {**args.props, "tags": tags}
        if args.type_ == LAUNCH_TEMPLATE:
            # A node group's tags stop at the group, so that a template tags what it launches.
            props["tagSpecifications"] = [
                {"resourceType": launched, "tags": tags} for launched in LAUNCHED_TYPES
            ]
        return pulumi.ResourceTransformResult(props=props, opts=args.opts)

    return transform


def tag_every_resource(project: str, stack: str, user_tags: Mapping[str, str]) -> None:
    """Tag all that is registered from here on, the children of pulumi-eks included.

    A transform of the stack and not a provider's default tags, because the logical name differs
    from resource to resource.
    """
    pulumi.runtime.register_resource_transform(tag_transform(project, stack, user_tags))
