"""Any Kubernetes object as a Pulumi resource, with a module for each step of the engine's.

The modules check, compare, change, read and delete objects of any kind. What is particular to a
kind is data here (`replacement`, `scopes`) or a readiness condition in `awaits`.
"""
