"""Controller that creates a SageMaker training job for each TrainingJob object."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from rehearsal.clients.aws import Cloud
from rehearsal.clients.training_status import StatusFeed
from rehearsal.kubernetes.controllers import drivers
from rehearsal.kubernetes.controllers.ack import conditions, request
from rehearsal.kubernetes.controllers.ack.calls import Calls
from rehearsal.kubernetes.controllers.ack.conditions import Refusal
from rehearsal.kubernetes.controllers.drivers import Installed
from rehearsal.kubernetes.controllers.identity import NoCredentials, PodIdentity
from rehearsal.kubernetes.controllers.kube import Key, Kube, Object
from rehearsal.kubernetes.controllers.ttl_cache import TtlCache
from rehearsal.kubernetes.controllers.workqueue import PARKED, Outcome

IMAGE = "sagemaker-controller"
FINALIZER = "finalizers.sagemaker.services.k8s.aws/TrainingJob"
DELETION_POLICY = "services.k8s.aws/deletion-policy"
# Polling interval in seconds, for state changes that the feed missed. ACK asks every 30 s.
SOONEST, LATEST = 2.0, 300.0
FOLLOW_SECONDS = 20.0
REFUSED_RETRY_SECONDS = 15.0
IMMUTABLE = "only Warm Pool or Profiler can be updated"
NOT_MANAGED = (
    "This resource already exists but is not managed by ACK. To bring the resource under ACK "
    "management, you should explicitly adopt the resource by enabling the ResourceAdoption "
    "feature gate and populating the `services.k8s.aws/adoption-policy` and "
    "`services.k8s.aws/adoption-fields` annotations."
)


class TrainingJobs:
    """Controller that submits each TrainingJob to SageMaker and copies the job's state back."""

    kind = "TrainingJob"

    def __init__(self, kube: Kube, cloud: Cloud) -> None:
        self._kube = kube
        self._cloud = cloud
        self._identities = PodIdentity(cloud)
        self._installed: TtlCache[str, Installed | None] = TtlCache(1.0)
        self._keys: dict[str, Key] = {}
        self.changed: Callable[[Key], None] = lambda _: None
        """Callback for the key of an object whose training job has changed its state."""

    def follow(self, moves: StatusFeed, stop: threading.Event) -> None:
        """Report state changes of SageMaker's jobs until `stop` is set.

        ACK itself asks every 30 s; a job of a rehearsal can be over before that.
        """
        while not stop.is_set():
            try:
                moved = moves.next(FOLLOW_SECONDS)
            except OSError:
                stop.wait(SOONEST)  # the emulated AWS is being restarted
                continue
            for key in filter(None, (self._keys.get(job.name) for job in moved)):
                self.changed(key)

    def reconcile(self, key: Key) -> Outcome:
        """Create, follow or delete the SageMaker job of one TrainingJob object."""
        job = self._kube.get(key)
        if job is None:
            self._keys = {name: other for name, other in self._keys.items() if other != key}
            return None
        self._keys[str(job["spec"].get("trainingJobName", ""))] = key
        controller = self._installed.get(IMAGE, lambda: drivers.installed(self._kube, IMAGE))
        if controller is None or not controller.region:
            return PARKED  # as in a cluster without the controller: nothing happens
        try:
            call = Calls.of(self._cloud, self._identities, controller)
            if "deletionTimestamp" in job["metadata"]:
                return self._delete(key, job, call)
            return self._keep(key, job, call)
        except NoCredentials as error:
            refusal = Refusal(f"get credentials: failed to refresh cached credentials, {error}")
        except Refusal as error:
            refusal = error
        self._write(key, job, controller, conditions.refused(refusal))
        return None if refusal.terminal else REFUSED_RETRY_SECONDS

    def _keep(self, key: Key, job: Object, call: Calls) -> Outcome:
        """Create the training job, or copy the state of the existing one."""
        wanted = request.to_request(job["spec"])
        actual = call.describe(wanted["TrainingJobName"])
        managed = FINALIZER in job["metadata"].get("finalizers", [])
        if actual is None:
            self._create(key, job, call, wanted)
            return 0.0
        if not managed:
            raise Refusal(NOT_MANAGED, terminal=True)
        status = actual["TrainingJobStatus"]
        changes = request.difference(job["spec"], request.to_spec(actual))
        held = conditions.in_status(status)
        if changes := [path for path in changes if path != "Spec.tags"]:
            held = conditions.refused(Refusal(IMMUTABLE, terminal=True))
        self._write(key, job, call.controller, held, actual)
        return again_in(actual) if status in ("InProgress", "Stopping") else None

    def _create(self, key: Key, job: Object, call: Calls, wanted: Mapping[str, Any]) -> None:
        own = {tag["Key"]: tag for tag in wanted.get("Tags", [])}
        added = {tag["Key"]: tag for tag in resource_tags(call.controller, job)}
        tags = [*(added | own).values()]
        self._manage(key, job, managed=True)
        try:
            call.create({**wanted, "Tags": tags})
        except Refusal:
            self._manage(key, job, managed=False)  # nothing of it exists in AWS
            raise

    def _delete(self, key: Key, job: Object, call: Calls) -> Outcome:
        """Stop a job that runs, and release the object once the job has stopped."""
        if not _retained(job, call.controller):
            name = job["spec"]["trainingJobName"]
            actual = call.describe(name)
            status = actual["TrainingJobStatus"] if actual else ""
            if status == "InProgress":
                call.stop(name)
            if status in ("InProgress", "Stopping"):
                return SOONEST
        self._manage(key, job, managed=False)
        return None

    def _manage(self, key: Key, job: Object, *, managed: bool) -> None:
        """Add or remove ACK's finalizer."""
        others = [one for one in job["metadata"].get("finalizers", []) if one != FINALIZER]
        finalizers = [*others, FINALIZER] if managed else others
        if finalizers != job["metadata"].get("finalizers", []):
            body = {
                "metadata": {
                    "finalizers": finalizers,
                    "resourceVersion": job["metadata"]["resourceVersion"],
                }
            }
            patched = self._kube.patch(key, body)
            job["metadata"] = patched["metadata"]

    def _write(
        self,
        key: Key,
        job: Object,
        controller: Installed,
        held: list[conditions.Condition],
        actual: Mapping[str, Any] | None = None,
    ) -> None:
        """Write the status if it has changed."""
        earlier = job.get("status", {})
        metadata = {
            "ownerAccountID": self._cloud.account_id,
            "region": controller.region,
            "partition": self._cloud.partition,
        }
        if arn := earlier.get("ackResourceMetadata", {}).get("arn"):
            metadata["arn"] = arn
        status = {"ackResourceMetadata": metadata, **observed(actual or {})}
        if actual:
            metadata["arn"] = actual["TrainingJobArn"]
        status["conditions"] = conditions.merged(earlier.get("conditions", []), held)
        if any(earlier.get(name) != value for name, value in status.items()):
            self._kube.patch(key, {"status": status}, "status")


def again_in(actual: Mapping[str, Any]) -> float:
    """Return the seconds to wait before an unfinished job is described again, from 2 to 300.

    The wait is a third of the time since the job's last change.
    """
    moved: datetime = actual.get("LastModifiedTime", actual["CreationTime"])
    still = (datetime.now(UTC) - moved).total_seconds()
    return min(LATEST, max(SOONEST, still / 3))


def observed(actual: Mapping[str, Any]) -> dict[str, Any]:
    """Return the status fields of a TrainingJob from a DescribeTrainingJob answer."""
    times = {"creationTime": "CreationTime", "lastModifiedTime": "LastModifiedTime"}
    texts = {
        "trainingJobStatus": "TrainingJobStatus",
        "secondaryStatus": "SecondaryStatus",
        "failureReason": "FailureReason",
        "profilingStatus": "ProfilingStatus",
    }
    status: dict[str, Any] = {name: actual[key] for name, key in texts.items() if actual.get(key)}
    status |= {
        name: actual[key].strftime("%Y-%m-%dT%H:%M:%SZ")
        for name, key in times.items()
        if actual.get(key)
    }
    if artifacts := actual.get("ModelArtifacts", {}).get("S3ModelArtifacts"):
        status["modelArtifacts"] = {"s3ModelArtifacts": artifacts}
    return status


def resource_tags(controller: Installed, job: Object) -> list[dict[str, str]]:
    """Return the tags that the controller's resourceTags setting adds to what it creates."""
    labels = job["metadata"].get("labels", {})
    words = {
        "%CONTROLLER_SERVICE%": "sagemaker",
        "%CONTROLLER_VERSION%": controller.version,
        "%K8S_NAMESPACE%": job["metadata"]["namespace"],
        "%MANAGED_BY%": labels.get("app.kubernetes.io/managed-by", ""),
        "%KRO_VERSION%": labels.get("kro.run/kro-version", ""),
    }
    tags = []
    for setting in controller.environment.get("ACK_RESOURCE_TAGS", "").split(","):
        name, _, value = setting.partition("=")
        for word, meaning in words.items():
            value = value.replace(word, meaning)
        if name and value:
            tags.append({"Key": name, "Value": value})
    return tags


def _retained(job: Object, controller: Installed) -> bool:
    chart = controller.environment.get("DELETION_POLICY", "delete")
    annotations: dict[str, str] = job["metadata"].get("annotations", {})
    return annotations.get(DELETION_POLICY, chart) == "retain"
