"""Lustre's command `lfs`, with the subcommands that machine learning programs use.

Its output and exit status are those of Lustre 2.15 (lustre/utils/lfs.c), so that a program that
parses them in a rehearsal also parses them on AWS. It calls no part of AWS: all its data comes from
the index beside the file system's folder.

    command   selects the subcommand and sets the exit status
    hsm       hsm_state, hsm_action, hsm_restore, hsm_archive, hsm_release
    getname   getname
"""
