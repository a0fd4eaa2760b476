"""Readiness of objects: one small readiness condition for each kind.

A condition looks at the live object (and, through `RelatedObjects`, at related objects) and reports
what is still missing, in pulumi-kubernetes's words. Nothing here creates or changes anything.
"""
