"""Workloads of the sample program."""
