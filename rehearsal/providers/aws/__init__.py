"""The aws provider server: pulumi-aws's resources as boto3 calls on the emulated cloud.

`declaration` says what a resource type is and how to add one; `services/` declares them, a
module for each part of AWS; `functions/` holds the invokes. `sdk` reads names and kinds of
inputs from the pulumi_aws SDK, `check`, `compare` and `state` treat properties by them, `call`
is what a declaration's functions are given, and `provider` puts it together. Nothing here
knows that the cloud is emulated: the endpoint comes by AWS_ENDPOINT_URL.
"""
