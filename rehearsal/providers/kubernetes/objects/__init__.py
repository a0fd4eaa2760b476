"""Any Kubernetes object as a Pulumi resource, a module for each step of the engine's.

Checked, compared, changed, read and deleted, whatever its kind; what is particular to a kind is
data here (`replacement`, `scopes`) or a judgement in `awaits`.
"""
