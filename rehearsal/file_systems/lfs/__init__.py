"""Lustre's own command, as far as machine learning's programs use it, for files of a rehearsal.

What it prints and how it ends is as in Lustre 2.15 (lustre/utils/lfs.c), so that a program that
reads it in a rehearsal reads it on AWS. It knows nothing of AWS and asks nobody: what it needs
stands in the index beside the file system's folder.

    command   which command was asked for, and how it ends
    hsm       hsm_state, hsm_action, hsm_restore, hsm_archive, hsm_release
    getname   getname
"""
