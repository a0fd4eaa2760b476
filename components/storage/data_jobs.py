"""Kubernetes Jobs that download datasets to a file system, and Jobs that read them there."""

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from components.account import partition
from components.datasets import Dataset
from components.dependencies import split_depends_on
from components.iam import Statement, document, read_objects
from components.pods.job import WorkloadJob
from components.pods.service_account import WorkloadIdentity
from components.pods.templates import (
    Mount,
    container,
    directory_init_container,
    job_spec,
    pod_template,
)
from components.pods.templates import claim as claim_volume
from components.storage.base import Claim
from components.storage.data_job_spec import S3_SOURCE, DataJobSpec, DownloadSpec
from components.storage.data_jobs_places import downloads_for

COMPONENT = "data-job"
VOLUME = "storage"


class DataJobsArgs(TypedDict):
    """Arguments of `DataJobs`."""

    jobs: Mapping[str, DataJobSpec]
    """Settings of the jobs by name."""
    claims: Mapping[str, Mapping[str, Claim]]
    """Claims by their names, then by namespaces."""
    roots: Mapping[str, str]
    """Directory of the file system that each claim shows, by the claim's name; no slash at an
    end. Two claims on one file system may show the same files."""
    datasets: Mapping[str, Dataset]
    """Datasets of the data bucket, by name."""
    cluster_name: pulumi.Input[str]
    """Name of the EKS cluster."""
    bucket_name: pulumi.Input[str]
    """Name of the data bucket."""
    bucket_arn: pulumi.Input[str]
    """ARN of the data bucket."""
    bucket_key_access: list[Statement]
    """Statements that allow to use the key that encrypts the data bucket."""
    image: pulumi.Input[str]
    """Image of the workloads."""


class DataJobs(pulumi.ComponentResource):
    """Jobs that an update waits for. A job that reads waits for the downloads into its directory.

    The name of a Job has a hash of what it does, so that a change makes another one, and a new
    download is read anew.
    """

    job_names: dict[str, pulumi.Output[str]]
    """Name in Kubernetes of each job."""

    def __init__(
        self, name: str, args: DataJobsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        own, depends_on = split_depends_on(opts)
        super().__init__("eks-ml-storage:storage:DataJobs", name, {}, own)
        jobs, made = args["jobs"], dict[str, WorkloadJob]()
        for key, spec in jobs.items():
            if spec.download is not None:
                made[key] = self._download(f"{name}-{key}", key, args, depends_on)
        for key, spec in jobs.items():
            if spec.consume is not None:
                first = [made[one] for one in downloads_for(key, jobs, args["roots"])]
                made[key] = self._consume(f"{name}-{key}", key, args, first, depends_on)
        self.job_names = {key: made[key].job_name for key in jobs}
        self.register_outputs({"jobNames": self.job_names})

    def _download(
        self, name: str, key: str, args: DataJobsArgs, depends_on: Sequence[pulumi.Resource]
    ) -> WorkloadJob:
        spec = args["jobs"][key]
        claim, download = args["claims"][spec.claim][spec.namespace], spec.download
        assert download is not None, "called for downloads only"
        child, waiting = pulumi.ResourceOptions(parent=self), [*depends_on]
        source, access = source_of(download, args), access_of(download, args)
        account = None
        if access:
            identity = WorkloadIdentity(
                name,
                {
                    "cluster_name": args["cluster_name"],
                    "namespace": claim.namespace,
                    "service_account": f"{COMPONENT}-{key}",
                    "policies": [document(*access)],
                },
                child,
            )
            account, waiting = identity.service_account, [*waiting, identity]
        if download.dataset is not None:
            waiting.append(args["datasets"][download.dataset])
        whole = Mount(VOLUME, claim.mount_path)
        arguments: list[pulumi.Input[str]] = [source, f"{claim.mount_path}/{download.directory}"]
        arguments += ["--sha256", download.sha256] if download.sha256 else []
        arguments += ["--extract"] if download.extract else []
        template = pod_template(
            COMPONENT,
            [
                container(
                    "download",
                    args["image"],
                    arguments,
                    mounts=[whole],
                    cpu=spec.cpu,
                    memory=spec.memory,
                )
            ],
            # The root directory of a file system belongs to root.
            init_containers=[directory_init_container(args["image"], whole, [download.directory])],
            volumes=[claim_volume(VOLUME, claim.name)],
            service_account=account,
        )
        what = {"source": source, "options": download.model_dump(mode="json")}
        return self._job(name, key, spec, claim, template, what, waiting)

    def _consume(
        self,
        name: str,
        key: str,
        args: DataJobsArgs,
        downloads: Sequence[WorkloadJob],
        depends_on: Sequence[pulumi.Resource],
    ) -> WorkloadJob:
        spec = args["jobs"][key]
        claim, consume = args["claims"][spec.claim][spec.namespace], spec.consume
        assert consume is not None, "called for jobs that read only"
        template = pod_template(
            COMPONENT,
            [
                container(
                    "consume",
                    args["image"],
                    [f"{claim.mount_path}/{consume.directory}"],
                    mounts=[Mount(VOLUME, claim.mount_path, read_only=True)],
                    cpu=spec.cpu,
                    memory=spec.memory,
                )
            ],
            volumes=[claim_volume(VOLUME, claim.name)],
        )
        what = {"directory": consume.directory, "downloads": [one.job_name for one in downloads]}
        return self._job(name, key, spec, claim, template, what, [*depends_on, *downloads])

    def _job(  # noqa: PLR0913, PLR0917 (the parts of a job)
        self,
        name: str,
        key: str,
        spec: DataJobSpec,
        claim: Claim,
        template: kubernetes.core.v1.PodTemplateSpecArgsDict,
        what: Mapping[str, pulumi.Input[object]],
        depends_on: Sequence[pulumi.Resource],
    ) -> WorkloadJob:
        """Make a Job that runs again if its task, its claim or its file system is another one."""
        return WorkloadJob(
            name,
            {
                "namespace": claim.namespace,
                "component": COMPONENT,
                "name_prefix": key,
                "spec": job_spec(template, deadline_seconds=spec.max_runtime_seconds),
                "replace_with": [claim.volume],
                "identity": {**what, "claim": spec.claim, "fileSystem": claim.file_system_id},
            },
            pulumi.ResourceOptions(parent=self, depends_on=[claim.volume, *depends_on]),
        )


def source_of(download: DownloadSpec, args: DataJobsArgs) -> pulumi.Input[str]:
    """Return the source of a download, as the workload takes it."""
    if download.dataset is None:
        return download.source or ""
    prefix = args["datasets"][download.dataset].prefix
    return pulumi.Output.concat("s3://", args["bucket_name"], "/", prefix, "/")


def access_of(download: DownloadSpec, args: DataJobsArgs) -> list[Statement]:
    """Return statements that allow to read the source; none for a URL."""
    if download.dataset is not None:
        prefix = f"{args['datasets'][download.dataset].prefix}/"
        return [*read_objects(args["bucket_arn"], [prefix]), *args["bucket_key_access"]]
    found = S3_SOURCE.fullmatch(download.source or "")
    if found is None:
        return []
    arn = pulumi.Output.concat("arn:", partition(), ":s3:::", found["bucket"])
    return read_objects(arn, [found["key"]])
