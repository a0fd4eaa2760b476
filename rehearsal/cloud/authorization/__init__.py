"""Who may do what: IAM's answer to a request that a session of an assumed role has signed.

A request by access keys that no role's session has is the rehearsal's own user, who may do
everything; nothing here looks at it.

    gate      the answer: none, or AWS's refusal
    callers   whose credentials signed a request, and what is attached to them
    s3        the actions and resources of a call of S3
    calls     those of a call of any other service
    verdicts  what the caller's policies and the resource's own say together
    policy    the language of policies

Rules as in the IAM user guide, "Policy evaluation logic". Left out: service control policies,
policies of VPC endpoints, key policies, and callers of other accounts, of which there are none.
"""
