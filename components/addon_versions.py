"""Versions of EKS add-ons that move with the cluster's Kubernetes version, and at no other time."""

import pulumi
import pulumi_aws as aws


def followed_version(
    name: str, addon: str, kubernetes_version: str, opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """Choose the newest version of an add-on, and keep the choice in the stack's state.

    An update finds the version that was chosen, whatever AWS has released since. A change of the
    Kubernetes version replaces the choice, also when an update failed half way: an add-on that was
    not brought to its version is brought there by the next update.

    Args:
        name: The logical name of the choice.
        addon: The add-on's name, such as coredns.
        kubernetes_version: The cluster's version, such as 1.36.
        opts: Whose child the choice is.
    """
    newest = aws.eks.get_addon_version_output(
        addon_name=addon,
        kubernetes_version=kubernetes_version,
        most_recent=True,
        opts=pulumi.InvokeOutputOptions(parent=opts.parent),
    )
    keep = pulumi.ResourceOptions(ignore_changes=["input"], replacement_trigger=kubernetes_version)
    choice = pulumi.Stash(name, input=newest.version, opts=pulumi.ResourceOptions.merge(opts, keep))
    return choice.output.apply(str)
