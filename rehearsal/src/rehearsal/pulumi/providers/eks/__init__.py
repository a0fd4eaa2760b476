"""Provider server for eks: the components of pulumi-eks 4.4, made of the same child resources.

The package holds what pulumi-eks makes of its inputs (children, their names, inputs and parents,
outputs and refusals), one component or concern in a module, and the server that constructs them.
The aws and kubernetes providers do the rest for each child: nothing here calls AWS or a cluster.

The resources follow the component's own behaviour as published in the pulumi-eks repository
(nodejs/eks and provider/cmd/pulumi-resource-eks/schema.json, release 4.3 and later).
"""

VERSION = "4.4.0"
