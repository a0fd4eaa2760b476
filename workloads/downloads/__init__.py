"""Parts of `workloads.download`.

sources              interface of a source
s3, web, directory   the sources
transfer             download of one item to a file: resumed, verified, atomic
"""
