"""API calls of EKS for add-ons; the workloads of an add-on do not run here."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import yaml
from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from rehearsal.aws import identity
from rehearsal.aws.eks import catalogue
from rehearsal.aws.eks.models import Cluster, EKSCalls, Living, in_use, invalid, not_found
from rehearsal.aws.eks.pod_identities import new_pod_identity

SETTINGS = ("addonVersion", "serviceAccountRoleArn", "configurationValues")


class AddonCalls(EKSCalls):
    """CreateAddon and the related calls."""

    def create_addon(self) -> ActionResult:
        """Install an add-on; a repeated token returns the add-on installed before."""
        made: Living = self.eks.tokens.once(
            self.given, "clientRequestToken", self._create_addon, self.token_refused
        )
        return ActionResult({"addon": made.in_state(made.lifecycle.state)})

    def describe_addon(self) -> ActionResult:
        """Describe an add-on."""
        return ActionResult({"addon": self._addon().describe()})

    def list_addons(self) -> ActionResult:
        """List the names of a cluster's add-ons."""
        return self.page("addons", sorted(self.cluster().addons))

    def update_addon(self) -> ActionResult:
        """Change the version or configuration of an add-on; other settings stay."""
        cluster, addon = self.cluster(), self._addon()
        self._check_addon(addon.description["addonName"])
        addon.description |= {key: self.given[key] for key in SETTINGS if key in self.given}
        addon.description["modifiedAt"] = utcnow()
        if "podIdentityAssociations" in self.given:
            self._remove_identities(cluster, addon)
            self._give_identities(cluster, addon)
        return ActionResult(
            {
                "update": cluster.record(
                    "AddonUpdate", AddonVersion=addon.description["addonVersion"]
                )
            }
        )

    def delete_addon(self) -> ActionResult:
        """Uninstall an add-on, and delete its pod identity associations."""
        cluster, addon = self.cluster(), self._addon()
        self._remove_identities(cluster, addon)
        del cluster.addons[addon.description["addonName"]]
        self.eks.tokens.forget(addon)
        return ActionResult({"addon": addon.in_state("DELETING")})

    def describe_addon_versions(self) -> ActionResult:
        """List the add-ons on offer, with their versions."""
        name = self.given.get("addonName")
        if name and name not in catalogue.ADDON_VERSIONS:
            raise not_found(f"Addon {name} specified is not supported", addonName=name)
        names = [name] if name else list(catalogue.ADDON_VERSIONS)
        version = self.given.get("kubernetesVersion")
        if version and version not in catalogue.KUBERNETES_VERSIONS:
            raise invalid(f"unsupported Kubernetes version {version}")
        newer = self.eks.newer_addon_versions
        return self.page(
            "addons",
            [catalogue.addon_info(one, version, newer.get(one, ())) for one in names],
        )

    def _create_addon(self) -> Living:
        cluster, name = self.cluster(), self.given["addonName"]
        if name in cluster.addons:
            raise in_use("Addon already exists.", clusterName=cluster.name, addonName=name)
        self._check_addon(name)
        if self.given.get("resolveConflicts") == "PRESERVE":
            raise invalid("resolveConflicts PRESERVE is not supported when creating an addon")
        description = {
            "addonName": name,
            "clusterName": cluster.name,
            "addonVersion": catalogue.default_addon_version(name, cluster.version),
            "health": {"issues": []},
            "addonArn": self.new_arn("addon", cluster.name, name, str(uuid4())),
            "createdAt": utcnow(),
            "modifiedAt": utcnow(),
            "tags": self.given.get("tags") or {},
            "podIdentityAssociations": [],
        } | {key: self.given[key] for key in SETTINGS if key in self.given}
        addon = Living(str(description["addonArn"]), description)
        self._give_identities(cluster, addon)
        cluster.addons[name] = addon
        return addon

    def _check_addon(self, name: str) -> None:
        if name not in catalogue.ADDON_VERSIONS:
            raise invalid(f"Addon {name} specified is not supported")
        version = self.given.get("addonVersion")
        if version and not catalogue.ADDON_VERSION_FORM.fullmatch(version):
            raise invalid(f"Addon version specified is not supported: {version}")
        _check_configuration(self.given.get("configurationValues"))
        role = self.given.get("serviceAccountRoleArn")
        if role and not identity.find_role(self.current_account, role):
            raise invalid(f"The role {role} does not exist.")

    def _give_identities(self, cluster: Cluster, addon: Living) -> None:
        for wanted in self.given.get("podIdentityAssociations") or []:
            made = new_pod_identity(
                cluster, self.new_arn, {"namespace": "kube-system", **wanted}, owner=addon.arn
            )
            addon.description["podIdentityAssociations"].append(made.arn)

    def _remove_identities(self, cluster: Cluster, addon: Living) -> None:
        for association_id, association in list(cluster.pod_identities.items()):
            if association.description.get("ownerArn") == addon.arn:
                del cluster.pod_identities[association_id]
        addon.description["podIdentityAssociations"] = []

    def _addon(self) -> Living:
        cluster, name = self.cluster(), self.given["addonName"]
        if found := cluster.addons.get(name):
            return found
        raise not_found(
            f"No addon: {name} found in cluster: {cluster.name}",
            clusterName=cluster.name,
            addonName=name,
        )


def _check_configuration(values: str | None) -> None:
    """Check that the configuration of an add-on is an object, in JSON or YAML."""
    try:
        document: Any = yaml.safe_load(values or "{}")
    except yaml.YAMLError as error:
        raise invalid(f"ConfigurationValue is not valid JSON or YAML: {error}") from error
    if not isinstance(document, dict):
        raise invalid(f"ConfigurationValue is not an object: {json.dumps(document)}")
