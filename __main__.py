"""Pulumi program: a platform for machine learning on Amazon EKS with shared storage."""

import pulumi
import pulumi_kubernetes as kubernetes

from components import clusters, networks
from components.addons import ClusterAddons
from components.aliases import keep_former_urns
from components.bucket import Bucket
from components.cluster import Cluster
from components.data_source_spec import PREFIX
from components.iam import read_prefix
from components.names import ACK_NAMESPACE
from components.namespaces import Namespaces
from components.node_group import NodeGroup
from components.outputs import Stack, outputs
from components.overrides import override_inputs
from components.patterns.patterns import Patterns
from components.patterns.stored_models import stored_models
from components.pods.image import image_reference, image_uri
from components.protection import Protection, record_created
from components.storage import backends, mountpoint
from components.storage.bench import StorageBench, bench_target
from components.storage.claim_names import SHARED
from components.storage.data_jobs import DataJobs
from components.storage.data_loading import DataLoading
from components.storage.directory_claims import DirectoryClaims
from components.storage.mountpoint_spec import S3Spec
from components.storage.nfs_volume_spec import CLAIM_NAME as NFS_CLAIM
from components.storage.nfs_volumes import TEARDOWN_NAME as NFS_TEARDOWN_NAME
from components.storage.nfs_volumes import NfsVolumes
from components.storage.old_contents import OldContents, directories_in_use
from components.storage.scratch import TEARDOWN_NAME, Scratch
from components.storage.storages import claims_and_classes, class_names, csi_drivers, mount
from components.tags import tag_every_resource
from components.teardown import Teardown, volume_names
from components.training.batch_template import BATCHES
from components.training.controller import TrainingController
from components.training.execution_role import ExecutionRole
from components.training.on_new_data import OnNewData
from components.training.security_group import TrainingSecurityGroup
from components.training.training import Training
from settings import load

settings = load(image_reference())
keep_former_urns(settings.storage_of_former_names)
tag_every_resource(settings.project, settings.stack, settings.tags)
created = record_created()
overrides = override_inputs(settings.overrides, secret=settings.secret_overrides)

existing = settings.existing
network = networks.network("network", settings.network, existing.network, settings.deployed.network)
bucket = Bucket(
    "data",
    {
        "spec": settings.bucket,
        "datasets": settings.local_datasets,
        "models": settings.local_models,
        "protect": settings.protect,
    },
)

# File systems need only subnets and rules, and take as long as the cluster: they start first.
jobs_security_group = TrainingSecurityGroup("training-network", {"vpc_id": network.vpc_id})
file_systems = backends.file_systems(
    "storage",
    settings.storage.in_use,
    {
        "vpc_id": network.vpc_id,
        "subnet_ids": network.private_subnet_ids,
        "bucket_name": bucket.name,
        "bucket_kms_key_arn": bucket.kms_key_arn,
        "protect": settings.protect,
        "found_lustre": settings.found_storage.lustre,
    },
    pulumi.ResourceOptions(depends_on=[bucket]),
)
file_system = file_systems[settings.storage.backend]
jobs_access = file_system.allow_from("training", jobs_security_group.id)

cluster = clusters.cluster(
    "cluster",
    {
        "spec": settings.cluster,
        "name": settings.cluster_name,
        "vpc_id": network.vpc_id,
        "subnet_ids": network.control_plane_subnet_ids,
        "credentials": settings.credentials,
        "protect": settings.protect,
    },
    existing.cluster,
)
node_groups = {
    name: NodeGroup(
        f"nodes-{name}",
        {
            "spec": spec,
            "cluster": cluster.joined,
            "kubernetes_version": cluster.version,
            "subnet_ids": network.subnet_ids(spec.subnets, spec.zones),
        },
        pulumi.ResourceOptions(depends_on=[network]),
    )
    for name, spec in settings.node_group_specs.items()
}
ready: list[pulumi.Resource] = [*node_groups.values()]
if isinstance(cluster, Cluster):
    ready.append(
        ClusterAddons(
            "cluster",
            {"spec": settings.cluster, "cluster": cluster.eks_cluster},
            pulumi.ResourceOptions(depends_on=[*ready]),
        )
    )
api_server = kubernetes.Provider("kubernetes", kubeconfig=cluster.kubeconfig)


def in_cluster(*depends_on: pulumi.Resource) -> pulumi.ResourceOptions:
    """Return options for a component in the cluster, which depends on other resources."""
    return pulumi.ResourceOptions(providers=[api_server], depends_on=[*depends_on])


drivers = csi_drivers(
    "mount-driver",
    file_systems,
    {
        "charts": settings.drivers.of_storages,
        "cluster_name": cluster.name,
        "theirs": settings.their_drivers,
        "objects": settings.own_driver_objects,
    },
    in_cluster(*ready),
)
if settings.uses_mountpoint and S3Spec.driver_name not in settings.their_drivers:
    drivers[S3Spec.driver_name] = mountpoint.driver(
        "mount-driver-s3",
        settings.storage.s3,
        {
            "chart": settings.drivers.s3,
            "cluster_name": cluster.name,
            "bucket_arn": bucket.arn,
            "use_key": bucket.use_key,
        },
        in_cluster(*ready),
    )
role = ExecutionRole(
    "training-execution",
    {
        "bucket_arn": bucket.arn,
        "use_key": bucket.use_key,
        "input_prefixes": [
            *file_system.input_prefixes(BATCHES),
            *(f"{PREFIX}{name}/" for name in settings.read_from_s3 if name in bucket.datasets),
        ],
        "input_access": [
            statement
            for name, dataset in settings.prefix_datasets.items()
            if name in settings.read_from_s3
            for statement in read_prefix(dataset)
        ],
        "key_arns": settings.job_keys,
    },
)
controllers: list[pulumi.Resource] = []
if settings.installs_controller:
    controllers.append(
        TrainingController(
            "training-controller",
            {
                "spec": settings.drivers.sagemaker,
                "cluster_name": cluster.name,
                "execution_role_arn": role.arn,
                "namespace_exists": ACK_NAMESPACE in settings.their_namespaces,
            },
            in_cluster(*ready),
        )
    )
namespaces = Namespaces(
    "namespaces",
    {"names": settings.storage.all_namespaces, "existing": settings.their_namespaces},
    in_cluster(*drivers.values(), *controllers),
)
# Those of teams have claims on directories alone.
shared = {name: namespaces.names[name] for name in settings.storage.namespaces}
mounts = mount(
    "mount",
    file_systems,
    {
        "drivers": drivers,
        "nodes_security_groups": cluster.node_security_groups,
        "namespaces": shared,
        "active": settings.storage.backend,
        "mount_path": settings.storage.mount_path,
        "stack": settings.shared_name,
    },
    in_cluster(),
)
claims = mounts[settings.storage.backend].claims
directory_claims = DirectoryClaims(
    "directories",
    {
        "claims": settings.storage.claims,
        "storages": mounts,
        "active": settings.storage.backend,
        "namespaces": namespaces.names,
    },
    in_cluster(*drivers.values()),
)
s3: mountpoint.Mountpoint | None = None
if settings.uses_mountpoint:
    s3 = mountpoint.Mountpoint(
        "mount-s3",
        {
            "spec": settings.storage.s3,
            "bucket_name": bucket.name,
            "region": settings.region,
            "namespaces": shared,
        },
        in_cluster(*(one for name, one in drivers.items() if name == S3Spec.driver_name)),
    )
scratch: Scratch | None = None
if settings.storage.scratch is not None:
    scratch = Scratch(
        "scratch",
        {"spec": settings.storage.scratch, "namespaces": shared},
        in_cluster(*node_groups.values()),
    )
nfs: NfsVolumes | None = None
if settings.storage.nfs_volume is not None:
    nfs = NfsVolumes(
        "nfs",
        {
            "spec": settings.storage.nfs_volume,
            "dns_name": file_systems["efs"].dns_name,
            "file_system_id": file_systems["efs"].file_system_id,
            "zone": file_systems["efs"].volume.zone,
            "namespaces": shared,
        },
        in_cluster(file_systems["efs"], *mounts["efs"].access),
    )
image = image_uri(settings.workloads)
bench: StorageBench | None = None
if settings.storage.bench is not None:
    home = settings.storage.bench.namespace or settings.storage.namespaces[0]
    by_storage = {name: one.claims.by_namespace for name, one in mounts.items()}
    by_storage |= {"s3": s3.by_namespace} if s3 else {}
    by_storage |= {"scratch": scratch.by_namespace} if scratch else {}
    bench = StorageBench(
        "storage-bench",
        {
            "spec": settings.storage.bench,
            "targets": {
                name: bench_target(name, spec, by_storage[name][home])
                for name, spec in settings.storage.measured.items()
            },
            "image": image,
        },
        in_cluster(),
    )
loading = DataLoading(
    "mount",
    {
        "datasets": bucket.datasets,
        "prefixes": settings.prefix_datasets,
        "file_system": file_system,
        "claim": claims.by_namespace[settings.training.namespace],
        "cluster_name": cluster.name,
        "bucket_name": bucket.name,
        "bucket_access": bucket.grant_read(PREFIX),
        "image": image,
    },
    in_cluster(),
)
data_jobs = DataJobs(
    "data-jobs",
    {
        "jobs": settings.data_jobs,
        "claims": {SHARED: claims.by_namespace, NFS_CLAIM: nfs.by_namespace if nfs else {}},
        "roots": settings.claim_roots,
        "datasets": bucket.datasets,
        "cluster_name": cluster.name,
        "bucket_name": bucket.name,
        "bucket_arn": bucket.arn,
        "bucket_key_access": bucket.use_key,
        "image": image,
    },
    in_cluster(),
)
training = Training(
    "training",
    {
        "jobs": settings.training.jobs,
        "datasets": loading.datasets,
        "file_system": file_system,
        "security_group_id": jobs_security_group.id,
        "bucket_name": bucket.name,
        "role_arn": role.arn,
        "namespace": namespaces.names[settings.training.namespace],
        "namespace_uid": namespaces.uids[settings.training.namespace],
        "tags": settings.tags,
    },
    in_cluster(*controllers, role, jobs_access),
)
on_new_data: OnNewData | None = None
if settings.training.on_new_data is not None:
    job = settings.training.on_new_data.job
    dataset = bucket.datasets[settings.training.jobs[job].dataset or ""]
    on_new_data = OnNewData(
        "training-on-new-data",
        {
            "spec": settings.training.on_new_data,
            "job": training.jobs[job].args,
            "dataset": dataset,
            "file_system": file_system,
            "claim": claims.by_namespace[settings.training.namespace],
            "cluster_name": cluster.name,
            "image": image,
            "bucket_name": bucket.name,
            "bucket_access": bucket.grant_read(
                f"{dataset.root}/", *file_system.input_prefixes(BATCHES)
            ),
            "force_destroy": settings.bucket.force_destroy,
            "protect": settings.protect,
        },
        in_cluster(*controllers, role, jobs_access),
    )
patterns = Patterns(
    "patterns",
    {
        "model_repository": settings.patterns.model_repository,
        "checkpoints": settings.patterns.checkpoints,
        "distributed_dataset": settings.patterns.distributed_dataset,
        "claims": claims.by_namespace,
        "namespace": settings.training.namespace,
        "datasets": loading.datasets,
        "zones": file_system.zones,
        "cluster_name": cluster.name,
        "image": image,
        "bucket_name": bucket.name,
        "bucket_arn": bucket.arn,
        "bucket_key_access": bucket.use_key,
        "node_groups": node_groups,
        "training_jobs": training.jobs,
        "stored_models": stored_models(bucket, settings.prefix_models),
    },
    in_cluster(),
)
OldContents(
    "mount-old",
    {
        "claim": claims.by_namespace[settings.training.namespace],
        "in_use": directories_in_use(
            file_system,
            bucket.datasets,
            patterns.model_directories,
            settings.prefix_datasets.values(),
        ),
    },
    in_cluster(training, patterns),
)
Teardown(
    "teardown",
    {
        "spec": settings.drivers.teardown,
        "drivers": [
            *settings.storage_drivers,
            *([TEARDOWN_NAME] if scratch else []),
            *([NFS_TEARDOWN_NAME] if nfs else []),
        ],
        "shared": {
            "release": f"teardown-{settings.shared_name}",
            "storage_classes": class_names(mounts),
            "volumes": volume_names(created),
            "training_jobs": settings.installs_controller,
        }
        if settings.shared_name
        else None,
    },
    in_cluster(
        *drivers.values(),
        *controllers,
        *claims_and_classes(mounts),
        directory_claims,
        *([scratch] if scratch else []),
        *([nfs] if nfs else []),
        *([s3] if s3 else []),
    ),
)

Protection(
    "protection",
    {"protect": settings.protect, "stack": settings.shared_name},
    in_cluster(*created),
)

overrides.require_matches(created)

stack = Stack(
    network,
    cluster,
    bucket,
    loading.datasets,
    mounts,
    settings.storage.backend,
    image,
    training,
    on_new_data,
    patterns,
    directory_claims,
    scratch=scratch,
    data_jobs=data_jobs,
    s3=s3,
    bench=bench,
)
for name, value in outputs(stack).items():
    pulumi.export(name, value)
