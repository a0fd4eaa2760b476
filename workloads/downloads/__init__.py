"""The parts of `workloads.download`.

sources              what a download can come from
s3, web, directory   the sources that there are
transfer             one item as a file: resumed, verified, whole or not there
"""
