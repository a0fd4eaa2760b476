"""The keys and certificates of a cluster."""

from __future__ import annotations

import ssl
import stat
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rehearsal.kubernetes import kubeconfig, pki
from rehearsal.kubernetes.key_pairs import CLIENTS, MASTERS, SERVERS, Pair
from rehearsal.paths import Environment


def certificate(environment: Environment, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(Pair(environment.pki, name).certificate.read_bytes())


def contents(environment: Environment) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in environment.pki.iterdir()}


def test_every_certificate_is_issued_by_the_one_authority(environment: Environment) -> None:
    pki.ensure(environment)
    authority = certificate(environment, "ca")
    for subject in (*SERVERS, *CLIENTS):
        certificate(environment, subject.name).verify_directly_issued_by(authority)


def test_the_api_server_is_known_by_every_name_a_client_may_use(environment: Environment) -> None:
    pki.ensure(environment)
    names = certificate(environment, "kube-apiserver").extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    dns = names.value.get_values_for_type(x509.DNSName)
    addresses = [str(one) for one in names.value.get_values_for_type(x509.IPAddress)]
    assert {"localhost", "kubernetes.default.svc"} <= set(dns)
    assert {"127.0.0.1", "172.20.0.1"} <= set(addresses), "loopback, and the service's address"


def test_only_the_administrator_and_our_own_parts_are_masters(environment: Environment) -> None:
    pki.ensure(environment)
    groups = {
        subject.name: [
            one.value
            for one in certificate(environment, subject.name).subject.get_attributes_for_oid(
                NameOID.ORGANIZATION_NAME
            )
        ]
        for subject in CLIENTS
    }
    assert groups["admin"] == groups["controllers"] == [MASTERS]
    assert groups["kube-scheduler"] == [], "Kubernetes' own role for the scheduler is enough"


def test_a_client_certificate_can_not_serve(environment: Environment) -> None:
    pki.ensure(environment)
    usage = certificate(environment, "admin").extensions.get_extension_for_class(
        x509.ExtendedKeyUsage
    )
    assert list(usage.value) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_etcd_both_serves_and_asks_as_its_own_peer(environment: Environment) -> None:
    pki.ensure(environment)
    usage = certificate(environment, "etcd").extensions.get_extension_for_class(
        x509.ExtendedKeyUsage
    )
    both = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    assert set(usage.value) == both


def test_a_second_start_changes_nothing(environment: Environment) -> None:
    pki.ensure(environment)
    before = contents(environment)
    pki.ensure(environment)
    assert contents(environment) == before


def test_a_lost_or_damaged_pair_is_made_again_under_the_same_authority(
    environment: Environment,
) -> None:
    pki.ensure(environment)
    before = contents(environment)
    Pair(environment.pki, "kwok").key.unlink()
    Pair(environment.pki, "admin").certificate.write_text("not a certificate")
    pki.ensure(environment)
    after = contents(environment)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"kwok.key", "kwok.crt", "admin.key", "admin.crt"}


def test_a_new_authority_has_everything_issued_anew(environment: Environment) -> None:
    pki.ensure(environment)
    Pair(environment.pki, "ca").key.unlink()
    pki.ensure(environment)
    certificate(environment, "admin").verify_directly_issued_by(certificate(environment, "ca"))


def test_a_certificate_about_to_run_out_is_renewed(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pki, "_VALID", timedelta(days=20))
    pki.ensure(environment)
    monkeypatch.setattr(pki, "_VALID", timedelta(days=3650))
    pki.ensure(environment)
    left = certificate(environment, "admin").not_valid_after_utc - datetime.now(UTC)
    assert left > timedelta(days=3000)


def test_private_keys_and_kubeconfigs_are_for_their_owner_alone(environment: Environment) -> None:
    pki.ensure(environment)
    kubeconfig.ensure(environment)
    secrets = [
        *environment.pki.glob("*.key"),
        *environment.pki.glob("*.kubeconfig"),
        environment.kubeconfig,
    ]
    assert len(secrets) >= 10
    for file in secrets:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, f"{file.name} is open to others"


def test_the_kubeconfig_holds_all_that_a_client_needs(environment: Environment) -> None:
    pki.ensure(environment)
    kubeconfig.ensure(environment)
    config = yaml.safe_load(environment.kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    assert cluster["server"] == environment.api_server_url
    assert set(user) == {"client-certificate-data", "client-key-data"}
    ssl.create_default_context(cafile=str(environment.certificate_authority))
