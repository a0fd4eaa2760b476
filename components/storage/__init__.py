"""Shared storage: the file systems of each back end, and their use in the cluster."""
