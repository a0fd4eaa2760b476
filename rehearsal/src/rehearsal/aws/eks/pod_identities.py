"""API calls of EKS for Pod Identity associations."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Callable, Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.iam.models import Role

from rehearsal.aws import identity, policy_documents
from rehearsal.aws.eks.models import Cluster, Described, EKSCalls, in_use, invalid, not_found

SERVICE = "pods.eks.amazonaws.com"
SUMMARY = (
    "clusterName",
    "namespace",
    "serviceAccount",
    "associationArn",
    "associationId",
    "ownerArn",
)
SETTINGS = ("roleArn", "targetRoleArn", "disableSessionTags", "policy")


class PodIdentityCalls(EKSCalls):
    """CreatePodIdentityAssociation and the related calls."""

    def create_pod_identity_association(self) -> ActionResult:
        """Associate a role with a service account; a repeated token returns the same one."""
        made: Described = self.eks.tokens.once(
            self.given, "clientRequestToken", self._create_association, self.token_refused
        )
        return ActionResult({"association": made.describe()})

    def describe_pod_identity_association(self) -> ActionResult:
        """Describe an association."""
        return ActionResult({"association": self._association().describe()})

    def list_pod_identity_associations(self) -> ActionResult:
        """List a cluster's associations, or those of a namespace or service account."""
        wanted = {k: self.given[k] for k in ("namespace", "serviceAccount") if k in self.given}
        found = [one.description for one in self.cluster().pod_identities.values()]
        summaries = [
            {key: one[key] for key in SUMMARY if key in one}
            for one in found
            if all(one[key] == value for key, value in wanted.items())
        ]
        return self.page("associations", summaries)

    def update_pod_identity_association(self) -> ActionResult:
        """Change the role of an association."""
        association = self._association()
        self._check_pod_role()
        changed = {key: self.given[key] for key in SETTINGS if key in self.given}
        association.description |= changed | {"modifiedAt": utcnow()}
        return ActionResult({"association": association.describe()})

    def delete_pod_identity_association(self) -> ActionResult:
        """Delete an association."""
        association = self._association()
        del self.cluster().pod_identities[self.given["associationId"]]
        self.eks.tokens.forget(association)
        return ActionResult({"association": association.describe()})

    def _create_association(self) -> Described:
        self._check_pod_role()
        return new_pod_identity(self.cluster(), self.new_arn, self.given)

    def _check_pod_role(self) -> None:
        """Raise an error unless EKS Pod Identity may assume the role.

        The words are those of EKS in
        https://github.com/hashicorp/terraform-provider-aws/issues/41483.
        """
        named = self.given.get("roleArn")
        if not named:
            return
        role = identity.find_role(self.current_account, named)
        if role is None:
            raise invalid(f"Role provided in the request does not exist: {named}")
        if not _lets_pods_in(role):
            raise invalid(
                "Trust policy of the role provided is invalid. Follow the official documentation "
                "to resolve the issue."
            )

    def _association(self) -> Described:
        association_id = self.given["associationId"]
        if found := self.cluster().pod_identities.get(association_id):
            return found
        raise not_found(f"Unable to find association with ID: {association_id}")


def _lets_pods_in(role: Role) -> bool:
    """Return whether the trust policy names EKS Pod Identity, under whatever conditions."""
    policy = json.loads(role.assume_role_policy_document)
    for statement in policy_documents.as_list(policy["Statement"]):
        principal = statement.get("Principal", {})
        services = principal.get("Service") if isinstance(principal, dict) else []
        actions = {*policy_documents.as_list(statement.get("Action"))}
        named = SERVICE in policy_documents.as_list(services)
        if named and statement["Effect"] == "Allow" and actions & {"sts:AssumeRole", "sts:*", "*"}:
            return True
    return False


def new_pod_identity(
    cluster: Cluster,
    new_arn: Callable[..., str],
    settings: Mapping[str, Any],
    owner: str | None = None,
) -> Described:
    """Add an association to a cluster; a service account has at most one.

    Args:
        cluster: The cluster.
        new_arn: Function that returns an ARN for a kind and a path.
        settings: Mapping with namespace, serviceAccount, roleArn and the optional settings.
        owner: ARN of the add-on that owns the association; None without one.
    """
    key = {name: settings[name] for name in ("namespace", "serviceAccount")}
    for association_id, other in cluster.pod_identities.items():
        if all(other.description[name] == value for name, value in key.items()):
            raise in_use(f"Association already exists: {association_id}", clusterName=cluster.name)
    alphabet = string.ascii_lowercase + string.digits
    association_id = "a-" + "".join(secrets.choice(alphabet) for _ in range(17))
    arn = new_arn("podidentityassociation", cluster.name, association_id)
    description = {
        "clusterName": cluster.name,
        "associationArn": arn,
        "associationId": association_id,
        "tags": settings.get("tags") or {},
        "createdAt": utcnow(),
        "modifiedAt": utcnow(),
        "disableSessionTags": False,
        **key,
        **{name: settings[name] for name in SETTINGS if name in settings},
    }
    if owner:
        description["ownerArn"] = owner
    cluster.pod_identities[association_id] = Described(arn, description)
    return cluster.pod_identities[association_id]
