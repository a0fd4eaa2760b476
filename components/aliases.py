"""Earlier places of components in the tree, so that an update keeps what they have made."""

import pulumi

STORAGE_MOUNT = "eks-ml-storage:storage:StorageMount::mount"
TRAINING = "eks-ml-storage:training:Training::training"


def moved_from(parent: str, opts: pulumi.ResourceOptions | None = None) -> pulumi.ResourceOptions:
    """Return options of a component that was a child of another one in an earlier release.

    Args:
        parent: Type and name of the earlier parent, which stood directly under the stack.
        opts: Other options.
    """
    urn = f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{parent}"
    alias = pulumi.ResourceOptions(aliases=[pulumi.Alias(parent=urn)])
    return pulumi.ResourceOptions.merge(opts, alias)
