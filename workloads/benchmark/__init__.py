"""Measurement of a storage: fio's four cases, and the load of a model's file."""
