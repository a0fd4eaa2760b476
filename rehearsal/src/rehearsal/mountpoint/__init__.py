"""Mountpoint for Amazon S3 on plain files: a prefix of a bucket as a directory of this machine.

Mountpoint is a FUSE file system. Here a directory holds a file for each object, and is compared
with the bucket again and again: objects that appear become files, and files that programs have
closed become objects. Mountpoint refuses many operations; plain files cannot refuse them, so they
are undone after the fact, and each is reported.

    options  the flags of mount-s3, as a volume's mount options have them
    bucket   the objects below a prefix, with the credentials of one role
    writers  files that a program still has open for writing
    mirror   one directory, and its comparison with the bucket
    mounts   all directories that are mounted, with their holders

Source: https://github.com/awslabs/mountpoint-s3/blob/main/doc/SEMANTICS.md
"""
