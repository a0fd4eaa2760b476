"""Decision on a request by its signature, and by IAM if a session of a role has signed it.

The rehearsal's own user and the account's IAM users have all permissions.

    gate        the decision: None, or AWS's error
    signatures  the signature of a request, compared with the one that its secret key makes
    callers     the keys of the account, the session that signed a request, and its policies
    s3          the actions and resources of an S3 call
    calls       the actions and resources of a call of any other service
    verdicts    the combined decision of the caller's policies and the resource's policy

The rules are those of the IAM user guide, "Policy evaluation logic". Not included are service
control policies, policies of VPC endpoints, key policies, and callers of other accounts, because
there are none.
"""
