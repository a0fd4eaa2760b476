"""Dependencies of a component, which its options name and which only some of its children need."""

import copy

import pulumi


def split_depends_on(
    opts: pulumi.ResourceOptions | None,
) -> tuple[pulumi.ResourceOptions, list[pulumi.Resource]]:
    """Split the options of a component into those for itself and the resources of `depends_on`.

    A component that waits makes all of its children wait, because a child needs the URN of its
    parent. So the component itself is registered at once, and passes its dependencies to the
    children that must wait for them.

    Raises:
        TypeError: `depends_on` is an Output, whose resources are not known yet.
    """
    own = copy.copy(opts) if opts else pulumi.ResourceOptions()
    given, own.depends_on = own.depends_on, None
    if given is None:
        return own, []
    listed = given if isinstance(given, (list, tuple)) else [given]
    found = [one for one in listed if isinstance(one, pulumi.Resource)]
    if len(found) < len(listed):
        raise TypeError("depends_on of a component must be resources, not an Output")
    return own, found
