"""Provider server for aws: pulumi-aws's resources as boto3 calls to the emulated AWS.

`declaration` defines what a resource type consists of and explains how to add one; `services/`
declares the types, in one module for each part of AWS; `functions/` holds the invokes. `sdk` reads
names and kinds of inputs from the pulumi_aws SDK, by which `check`, `compare` and `state` treat
properties. `call` is the argument of a declaration's functions, and `provider` combines all this.
Nothing here knows that AWS is emulated: the endpoint comes from AWS_ENDPOINT_URL.
"""
