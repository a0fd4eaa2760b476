"""The keys and certificates of a cluster."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rehearsal.cluster import kubeconfig, pki
from rehearsal.cluster.key_pairs import CLIENTS, MASTERS, SERVERS, Pair
from rehearsal.places import World


def certificate(world: World, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(Pair(world.pki, name).certificate.read_bytes())


def contents(world: World) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in world.pki.iterdir()}


def test_every_certificate_is_issued_by_the_one_authority(world: World) -> None:
    pki.ensure(world)
    authority = certificate(world, "ca")
    for subject in (*SERVERS, *CLIENTS):
        certificate(world, subject.name).verify_directly_issued_by(authority)


def test_the_api_server_is_known_by_every_name_a_client_may_use(world: World) -> None:
    pki.ensure(world)
    names = certificate(world, "kube-apiserver").extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    dns = names.value.get_values_for_type(x509.DNSName)
    addresses = [str(one) for one in names.value.get_values_for_type(x509.IPAddress)]
    assert {"localhost", "kubernetes.default.svc"} <= set(dns)
    assert {"127.0.0.1", "172.20.0.1"} <= set(addresses), "loopback, and the service's address"


def test_only_the_administrator_and_our_own_parts_are_masters(world: World) -> None:
    pki.ensure(world)
    groups = {
        subject.name: [
            one.value
            for one in certificate(world, subject.name).subject.get_attributes_for_oid(
                NameOID.ORGANIZATION_NAME
            )
        ]
        for subject in CLIENTS
    }
    assert groups["admin"] == groups["controllers"] == [MASTERS]
    assert groups["kube-scheduler"] == [], "Kubernetes' own role for the scheduler is enough"


def test_a_client_certificate_can_not_serve(world: World) -> None:
    pki.ensure(world)
    usage = certificate(world, "admin").extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert list(usage.value) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_a_second_start_changes_nothing(world: World) -> None:
    pki.ensure(world)
    before = contents(world)
    pki.ensure(world)
    assert contents(world) == before


def test_a_lost_or_damaged_pair_is_made_again_under_the_same_authority(world: World) -> None:
    pki.ensure(world)
    before = contents(world)
    Pair(world.pki, "kwok").key.unlink()
    Pair(world.pki, "admin").certificate.write_text("not a certificate")
    pki.ensure(world)
    after = contents(world)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"kwok.key", "kwok.crt", "admin.key", "admin.crt"}


def test_a_new_authority_has_everything_issued_anew(world: World) -> None:
    pki.ensure(world)
    Pair(world.pki, "ca").key.unlink()
    pki.ensure(world)
    certificate(world, "admin").verify_directly_issued_by(certificate(world, "ca"))


def test_a_certificate_about_to_run_out_is_renewed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pki, "_VALID", timedelta(days=20))
    pki.ensure(world)
    monkeypatch.setattr(pki, "_VALID", timedelta(days=3650))
    pki.ensure(world)
    left = certificate(world, "admin").not_valid_after_utc - datetime.now(UTC)
    assert left > timedelta(days=3000)


def test_private_keys_and_kubeconfigs_are_for_their_owner_alone(world: World) -> None:
    pki.ensure(world)
    kubeconfig.ensure(world)
    secrets = [*world.pki.glob("*.key"), *world.pki.glob("*.kubeconfig"), world.kubeconfig]
    assert len(secrets) >= 10
    for file in secrets:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, f"{file.name} is open to others"


def test_the_kubeconfig_holds_all_that_a_client_needs(world: World) -> None:
    pki.ensure(world)
    kubeconfig.ensure(world)
    config = yaml.safe_load(world.kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    assert cluster["server"] == world.api_server_url
    assert set(user) == {"client-certificate-data", "client-key-data"}
    ssl.create_default_context(cafile=str(world.certificate_authority))
