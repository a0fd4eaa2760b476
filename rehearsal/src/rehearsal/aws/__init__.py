"""The emulated AWS: moto's server, with additions and corrections for this program.

It is one account (123456789012) with all of moto on one loopback port. A module or package of this
package completes each service: with API calls that moto lacks, errors that it does not raise, and
the defaults of AWS. Each is a subclass of moto's backend or responses, which `extension` installs
by `replacement`; no file of moto is changed.

    server         starts the emulation on a port, in this process or as `python -m rehearsal.aws`
    application    answers a request: by moto, or on the rehearsal's own paths
    authorization  IAM's decision for a session of a role
    snapshot       the account on disk: saved before a change is answered, loaded at the start
    saving         the rows that a save writes
    pickling       the pickle of moto's models
    store          the file of the account
    reads          the calls that change nothing
    backends       moto's backends, and which of them a call may have changed
    inventory      the resources of the account, without those of a new account
    clusters       the EKS clusters, with a fingerprint of their state
    tags           the rules of tags, the same for every service
    keys           the customer KMS keys that services encrypt with
    node_config    the settings for nodes in user data
    policy         the evaluation of policy documents
    extension      installs the services of this package in moto
    replacement    replaces a service's backend and responses in moto

This package must not know Pulumi, Kubernetes objects or the program.
"""
