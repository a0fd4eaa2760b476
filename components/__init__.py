"""Pulumi components of the platform, one noun per file.

The package contains components, their specs and arguments, and the pure functions that build their
documents (addresses, policies, manifests, names). It reads no stack config and creates no provider:
a component gets everything by its arguments and options.
"""
