"""Tests of the cluster: its processes, its nodes, its callers, its controllers."""
