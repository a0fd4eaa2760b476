"""The kubernetes provider server: Pulumi resources to objects of a real Kubernetes API.

It behaves as pulumi-kubernetes 4.x does. What may live here: the translation of type tokens and
manifests, the thin client of the API, and (in `awaits` and `helm`) what makes an object ready and
how a Release is installed. gRPC stays in `rehearsal.providers.edge`.
"""
