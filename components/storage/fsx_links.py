"""Links of FSx for Lustre to S3: the file system's own one, and those of its directories."""

import pulumi
import pulumi_aws as aws

from components.account import account_id, partition
from components.storage.fsx_association_spec import FsxAssociationSpec, ordered
from components.storage.fsx_link_spec import S3
from components.storage.fsx_spec import FsxSpec

LINK_OPERATIONS = (
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "ReEncryptFrom",
    "ReEncryptTo",
    "DescribeKey",
)
"""Operations of a KMS grant that FSx needs on the key of a linked bucket."""


def association(
    name: str,
    spec: FsxAssociationSpec,
    file_system_id: pulumi.Input[str],
    bucket_name: pulumi.Input[str] | None,
    opts: pulumi.ResourceOptions,
) -> aws.fsx.DataRepositoryAssociation:
    """Link a directory of a file system to a prefix of a bucket.

    FSx makes one association after the other and then imports the names, which may take longer than
    the provider waits by itself. A replaced one is deleted first, because two that overlap are
    refused.

    Args:
        name: Name of the resource.
        spec: Settings of the association.
        file_system_id: Id of the file system.
        bucket_name: Name of the data bucket, if there is one.
        opts: Options of the resource.
    """
    # FSx ends the path with a slash by itself, so that another form would differ for ever.
    path = s3_path(name, bucket_name, spec.repository_path)
    return aws.fsx.DataRepositoryAssociation(
        name,
        file_system_id=file_system_id,
        file_system_path=spec.file_system_path,
        data_repository_path=path,
        batch_import_meta_data_on_create=spec.batch_import,
        imported_file_chunk_size=spec.imported_file_chunk_size_mib,
        delete_data_in_filesystem=spec.delete_data_in_file_system,
        s3=_policies(spec),
        opts=opts.merge(
            pulumi.ResourceOptions(
                delete_before_replace=True,
                custom_timeouts=pulumi.CustomTimeouts(create="60m", update="30m", delete="30m"),
            )
        ),
    )


def _policies(spec: FsxAssociationSpec) -> aws.fsx.DataRepositoryAssociationS3ArgsDict | None:
    policies: aws.fsx.DataRepositoryAssociationS3ArgsDict = {}
    if spec.import_events:
        policies["auto_import_policy"] = {"events": ordered(spec.import_events)}
    if spec.export_events:
        policies["auto_export_policy"] = {"events": ordered(spec.export_events)}
    return policies or None


def bucket_key_grant(
    name: str,
    key_arn: pulumi.Input[str],
    file_system_id: pulumi.Output[str],
    opts: pulumi.ResourceOptions,
) -> aws.kms.Grant:
    """Let the links of a file system use the key of the data bucket.

    FSx makes a role for each linked file system, and the key's owner has to let it in.
    Source: https://docs.aws.amazon.com/fsx/latest/LustreGuide/s3-server-side-encryption-support.html

    Args:
        name: Name of the resource.
        key_arn: ARN of the key.
        file_system_id: Id of the file system.
        opts: Options of the resource, which depends on what makes the role: the first link.
    """
    return aws.kms.Grant(
        name,
        key_id=key_arn,
        grantee_principal=link_role(account_id(), file_system_id),
        operations=[*LINK_OPERATIONS],
        opts=opts,
    )


def link_role(account: pulumi.Input[str], file_system_id: pulumi.Output[str]) -> pulumi.Output[str]:
    """Return the ARN of the role by which FSx reaches the buckets of a linked file system."""
    path = "aws-service-role/s3.data-source.lustre.fsx.amazonaws.com"
    name = pulumi.Output.concat("AWSServiceRoleForFSxS3Access_", file_system_id)
    return pulumi.Output.concat("arn:", partition(), ":iam::", account, f":role/{path}/", name)


def s3_path(name: str, bucket_name: pulumi.Input[str] | None, path: str) -> pulumi.Output[str]:
    """Return a path of a link as an S3 path: a prefix is one of the data bucket.

    Args:
        name: Name of the component, for the error.
        bucket_name: Name of the data bucket, if there is one.
        path: The path.

    Raises:
        pulumi.RunError: The path is a prefix of the data bucket, and there is none.
    """
    if path.startswith(S3):
        return pulumi.Output.from_input(path)
    if bucket_name is None:
        raise pulumi.RunError(
            f"{name}: the link's {path!r} is a prefix of the data bucket: pass bucket_name, write "
            "s3://BUCKET/PREFIX, or set the link to None"
        )
    return pulumi.Output.concat(S3, bucket_name, "/", path.lstrip("/"))


def linked_path(spec: FsxSpec, key: str) -> str | None:
    """Return the directory in which objects of the data bucket, present and later ones, appear.

    None when no link shows them. With the policy NONE, or without the event NEW or a batch import,
    a link shows only part of them, so that the dataset of a later update might never come.

    Args:
        spec: Settings of the file system.
        key: A key prefix of the bucket, no slash at either end.
    """
    if spec.existing is not None:
        return None
    if spec.link is not None:
        if spec.link.auto_import_policy == "NONE":
            return None
        return imported_path(spec.link.import_path, key)
    for one in spec.associations.values():
        rest = imported_path(one.path, key) if one.shows_every_object else None
        if rest is not None:
            return f"{one.folder}/{rest}".strip("/")
    return None


def shown_directory(spec: FsxSpec, bucket: str, prefix: str) -> str | None:
    """Return the directory in which objects of another bucket appear, and all changes of them.

    None when no link shows them: objects of others change and go in their place, so that a link
    which imports new ones only would show a content that is no more.

    Args:
        spec: Settings of the file system.
        bucket: Name of the bucket.
        prefix: Prefix with a slash at its end; empty for the whole bucket.
    """
    if spec.existing is not None:
        return None
    links = [(one.path, one.folder, one.shows_every_change) for one in spec.associations.values()]
    if spec.link is not None:
        link = spec.link
        links.append((link.import_path, "", link.auto_import_policy == "NEW_CHANGED_DELETED"))
    for path, folder, is_whole in links:
        start = f"{S3}{bucket}/"
        if is_whole and f"{path}/".startswith(start):
            linked = path.removeprefix(start.rstrip("/")).strip("/")
            if not linked or prefix.startswith(f"{linked}/"):
                return f"{folder}/{prefix.removeprefix(linked).strip('/')}".strip("/")
    return None


def imported_path(import_path: str, key: str) -> str | None:
    """Return the path of a data bucket's key on a file system that imports a path.

    None when the key is not imported, or when that takes knowing a bucket's name: whole s3://
    paths are for data of others.
    """
    prefix = import_path.strip("/")
    if import_path.startswith(S3):
        return None
    if prefix and not f"{key}/".startswith(f"{prefix}/"):
        return None
    return key[len(prefix) :].strip("/")
