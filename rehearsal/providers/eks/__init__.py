"""The eks provider server: the components of pulumi-eks 4.4, built from the same child resources.

Here may live what pulumi-eks makes of its inputs (children, their names, inputs and parents,
outputs and refusals), one component or concern a module, and the server that constructs them.
What a child then becomes is the business of the aws and kubernetes providers: nothing here
talks to AWS or to a cluster.

The shapes follow the component's own behaviour as published in the pulumi-eks repository
(nodejs/eks and provider/cmd/pulumi-resource-eks/schema.json, release 4.3 and later).
"""

VERSION = "4.4.0"
