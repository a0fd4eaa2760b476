"""Command line of each program of the cluster.

Everything listens on loopback only, and asks for a client certificate or a token. Leader election,
profiling and the controllers of a cloud provider are off: one of each program runs, and there is no
load balancer to assign.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import yaml

from rehearsal.kubernetes import kubeconfig, kwok, node_objects
from rehearsal.kubernetes.key_pairs import (
    API_SERVER_CLIENT,
    SERVICE_CIDR,
    Pair,
    service_account_keys,
)
from rehearsal.paths import HOST, Environment, UserCluster, binaries


@dataclass(frozen=True)
class Program:
    """One process: its name, which is also that of its log, and its command line."""

    name: str
    command: list[str]


def binary() -> Path:
    """Return the one executable that contains every program; its first argument selects one."""
    return binaries() / "cluster"


def etcd_data(environment: Environment) -> Path:
    """Return the directory of all data of the cluster."""
    return environment.root / "cluster" / "etcd"


def etcd(environment: Environment) -> Program:
    """Return the store of the cluster's data, which survive a restart and a kill at any moment.

    It answers only to a certificate of the cluster's authority.
    """
    client = f"https://{HOST}:{environment.ports.etcd_client}"
    peer = f"https://{HOST}:{environment.ports.etcd_peer}"
    own, authority = Pair(environment.pki, "etcd"), environment.certificate_authority
    return _program(
        "etcd",
        name="rehearsal",
        data_dir=etcd_data(environment),
        listen_client_urls=client,
        advertise_client_urls=client,
        listen_peer_urls=peer,
        initial_advertise_peer_urls=peer,
        initial_cluster=f"rehearsal={peer}",
        client_cert_auth="true",
        trusted_ca_file=authority,
        cert_file=own.certificate,
        key_file=own.key,
        peer_client_cert_auth="true",
        peer_trusted_ca_file=authority,
        peer_cert_file=own.certificate,
        peer_key_file=own.key,
        log_level="warn",
    )


def api_server(environment: Environment) -> Program:
    """Return the API server, which authenticates AWS tokens as EKS does, through a webhook."""
    serving = Pair(environment.pki, "kube-apiserver")
    private, public = service_account_keys(environment.pki)
    asking = Pair(environment.pki, "kubelet-client")
    calling = Pair(environment.pki, API_SERVER_CLIENT.name)
    return _program(
        "kube-apiserver",
        etcd_servers=f"https://{HOST}:{environment.ports.etcd_client}",
        etcd_cafile=environment.certificate_authority,
        etcd_certfile=calling.certificate,
        etcd_keyfile=calling.key,
        bind_address=HOST,
        advertise_address=HOST,
        secure_port=environment.ports.api_server,
        # There is one API server, known by its address: no endpoint needs keeping for it.
        endpoint_reconciler_type="none",
        tls_cert_file=serving.certificate,
        tls_private_key_file=serving.key,
        client_ca_file=environment.certificate_authority,
        # The nodes' own addresses lead nowhere; this one leads to the controllers' endpoint.
        kubelet_preferred_address_types=node_objects.ENDPOINT_ADDRESS_TYPE,
        kubelet_certificate_authority=environment.certificate_authority,
        kubelet_client_certificate=asking.certificate,
        kubelet_client_key=asking.key,
        service_account_issuer="https://kubernetes.default.svc",
        service_account_signing_key_file=private,
        service_account_key_file=public,
        service_cluster_ip_range=SERVICE_CIDR,
        authorization_mode="RBAC",
        authentication_config=authentication_file(environment),
        authentication_token_webhook_config_file=webhook_file(environment),
        authentication_token_webhook_version="v1",
        # Kept short, so that a new access entry counts soon, as it does on EKS.
        authentication_token_webhook_cache_ttl="5s",
        # Drivers' node pods ask for it.
        allow_privileged="true",
        profiling="false",
    )


def controller_manager(environment: Environment) -> Program:
    """Return the controller manager, which runs Kubernetes' built-in controllers."""
    config = kubeconfig.path(environment, "kube-controller-manager")
    private, _ = service_account_keys(environment.pki)
    return _program(
        "kube-controller-manager",
        kubeconfig=config,
        secure_port=0,  # nobody asks for its health or metrics
        leader_elect="false",
        service_account_private_key_file=private,
        root_ca_file=environment.certificate_authority,
        # The default of 20 a second makes forty controllers wait for each other at the start.
        kube_api_qps=500,
        kube_api_burst=1000,
        node_monitor_period="20s",
        node_monitor_grace_period=f"{2 * kwok.LEASE_SECONDS}s",
        controllers="*,-service-lb-controller,-node-route-controller,"
        "-cloud-node-lifecycle-controller,-certificatesigningrequest-signing-controller",
        profiling="false",
    )


def scheduler(environment: Environment) -> Program:
    """Return the scheduler, which assigns pods to nodes."""
    config = kubeconfig.path(environment, "kube-scheduler")
    return _program(
        "kube-scheduler",
        kubeconfig=config,
        secure_port=0,
        leader_elect="false",
        profiling="false",
    )


def kwok_controller(environment: Environment) -> Program:
    """Return kwok, which stands for every kubelet.

    It gets no address to serve on, because its server authenticates nobody.
    """
    return _program(
        "kwok",
        kubeconfig=kubeconfig.path(environment, "kwok"),
        config=kwok_file(environment),
        manage_nodes_with_annotation_selector=f"{kwok.MANAGED_ANNOTATION}={kwok.MANAGED_VALUE}",
        node_lease_duration_seconds=kwok.LEASE_SECONDS,
    )


def user_proxy(environment: Environment, cluster: UserCluster) -> Program:
    """Return the proxy to a user's cluster, with the credentials of the user's kubeconfig.

    It serves on a socket file that only its owner may open.
    """
    return _program(
        "kubectl",
        "proxy",
        kubeconfig=cluster.kubeconfig,
        context=cluster.context,
        append_server_path="true",
        unix_socket=user_proxy_socket(environment),
    )


def auth_proxy() -> Program:
    """Return the auth proxy, which replaces the API server when the user provides a cluster."""
    return Program("auth-proxy", [sys.executable, "-m", "rehearsal.kubernetes.auth_proxy"])


def user_proxy_socket(environment: Environment) -> Path:
    """Return the socket of the proxy to the user's cluster, in a directory of this user only.

    It is not in the environment's directory, because the path of a socket may have at most 107
    characters.

    Raises:
        PermissionError: The directory is open to other users.
    """
    digest = hashlib.sha256(str(environment.root).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"rehearsal-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        raise PermissionError(f"{folder} is open to others: remove it, and start again")
    return folder / "cluster.sock"


def remove_user_proxy_socket(environment: Environment) -> None:
    """Remove the directory of the socket, once nothing serves on it."""
    shutil.rmtree(user_proxy_socket(environment).parent, ignore_errors=True)


def write_files(environment: Environment) -> None:
    """Write the files that the API server reads in addition to its flags."""
    authentication_file(environment).write_text(yaml.safe_dump(authentication()))
    kubeconfig.write(webhook_file(environment), webhook(environment))


def authentication() -> dict[str, object]:
    """Return the rule that anonymous callers may only ask for the API server's health."""
    health = [{"path": path} for path in ("/livez", "/readyz", "/healthz")]
    return {
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AuthenticationConfiguration",
        "anonymous": {"enabled": True, "conditions": health},
    }


def webhook(environment: Environment) -> dict[str, object]:
    """Return the kubeconfig by which the API server calls the token webhook."""
    server = f"https://{HOST}:{environment.ports.token_webhook}/"
    authority = str(environment.certificate_authority)
    pair = Pair(environment.pki, API_SERVER_CLIENT.name)
    user = {"client-certificate": str(pair.certificate), "client-key": str(pair.key)}
    return kubeconfig.document({"server": server, "certificate-authority": authority}, user)


def kwok_file(environment: Environment) -> Path:
    """Return the file with kwok's configuration."""
    return environment.root / "cluster" / "kwok.yaml"


def authentication_file(environment: Environment) -> Path:
    """Return the file with the API server's AuthenticationConfiguration."""
    return environment.root / "cluster" / "authentication.yaml"


def webhook_file(environment: Environment) -> Path:
    """Return the file with the kubeconfig of the token webhook."""
    return environment.root / "cluster" / "token-webhook.kubeconfig"


def _program(*words: str, **flags: object) -> Program:
    arguments = [f"--{flag.replace('_', '-')}={value}" for flag, value in flags.items()]
    return Program("-".join(words), [str(binary()), *words, *arguments])
