"""Faults of AWS that a command of the rehearsal injects, and the question whether one applies.

A fault is an entry of a list: its kind, the calls or resources that it applies to, and when. The
list comes from a file, or is drawn from a seed. It is in effect only while the command with the
option `--faults` runs, and each application of a fault is recorded.

    kinds      the kinds of faults, with the keys of each
    quotas     the quotas that a fault can exhaust, with AWS's errors
    files      lists of faults as YAML files, read with all their errors
    seeds      the list that a seed draws
    injection  the command's side: put a list into effect, end it, report what was injected
    active     the side of AWS: `applied` returns the fault that applies to a call or resource

Every process of the rehearsal asks `active`; the package imports nothing of the emulation, which
decides what a fault does.
"""
