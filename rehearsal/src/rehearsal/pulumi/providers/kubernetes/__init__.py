"""Provider server for kubernetes: Pulumi resources as objects of a real Kubernetes API.

It behaves as pulumi-kubernetes 4.x does. The package holds the translation of type tokens and
manifests, the client of the API, and (in `awaits` and `helm`) the conditions for readiness and the
installation of a Release. gRPC stays in `rehearsal.pulumi.providers.server`.
"""
