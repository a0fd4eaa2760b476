"""IAM's decision on a request that a session of an assumed role has signed.

A request with other access keys comes from the rehearsal's own user, who has all permissions; this
package does not examine it.

    gate      the decision: None, or AWS's error
    callers   the session that signed a request, and its policies
    s3        the actions and resources of an S3 call
    calls     the actions and resources of a call of any other service
    verdicts  the combined decision of the caller's policies and the resource's policy

The rules are those of the IAM user guide, "Policy evaluation logic". Not included are service
control policies, policies of VPC endpoints, key policies, and callers of other accounts, because
there are none.
"""
