"""Keys and certificates by which the components of the cluster authenticate each other.

One authority signs everything, as kubeadm does on a single machine. Files that exist and are still
valid are kept: the state of a stack contains the authority's certificate as its cluster's. Only
their owner can read private keys.
"""

from __future__ import annotations

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rehearsal.kubernetes.key_pairs import CLIENTS, SERVERS, Pair, Subject, service_account_keys
from rehearsal.paths import Environment

_VALID = timedelta(days=3650)
_RENEW_BEFORE = timedelta(days=30)


def ensure(environment: Environment) -> None:
    """Create the keys and certificates of an environment that are missing or about to expire."""
    environment.pki.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = _ensure_authority(environment)
    for subject in (*SERVERS, *CLIENTS):
        pair = Pair(environment.pki, subject.name)
        if not _usable(pair, authority):
            _issue(authority, subject, pair)
    ensure_service_account_key(environment.pki)


def server_pair(environment: Environment, host: str) -> Pair:
    """Return a key and certificate of a host name, made when the host is first asked for."""
    folder = environment.pki / "hosts"
    folder.mkdir(exist_ok=True, mode=0o700)
    authority, pair = Pair(environment.pki, "ca"), Pair(folder, host)
    if not _usable(pair, authority):
        _issue(authority, Subject(host, host, hosts=(host,)), pair)
    return pair


def ensure_service_account_key(pki: Path) -> None:
    """Create the key that signs service account tokens, if there is none."""
    private_file, public_file = service_account_keys(pki)
    if private_file.exists() and public_file.exists():
        return
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    _write(public_file, public)
    _write(private_file, _pem(key))


def _ensure_authority(environment: Environment) -> Pair:
    pair = Pair(environment.pki, "ca")
    if _usable(pair, pair):
        return pair
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("rehearsal-ca")
    certificate = (
        _certificate(name, key.public_key())
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    _save(pair, key, certificate)
    return pair


def _issue(authority: Pair, subject: Subject, pair: Pair) -> None:
    signer = serialization.load_pem_private_key(authority.key.read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{authority.key} is not an elliptic-curve key")
    issuer = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _certificate(_name(subject.common_name, subject.group), key.public_key())
        .issuer_name(issuer.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage(_purposes(subject)), critical=False)
    )
    if subject.hosts:
        names = x509.SubjectAlternativeName([_general_name(host) for host in subject.hosts])
        builder = builder.add_extension(names, critical=False)
    _save(pair, key, builder.sign(signer, hashes.SHA256()))


def _purposes(subject: Subject) -> list[x509.ObjectIdentifier]:
    """Return the extended key usages: server for a subject with host names, else client."""
    if subject.is_peer:
        return [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    return [ExtendedKeyUsageOID.SERVER_AUTH if subject.hosts else ExtendedKeyUsageOID.CLIENT_AUTH]


def _certificate(name: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + _VALID)
    )


def _name(common_name: str, group: str | None = None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if group:
        attributes.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, group))
    return x509.Name(attributes)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(**granted: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: granted.get(name, False) for name in names})


def _usable(pair: Pair, authority: Pair) -> bool:
    """Return True if a pair is complete, issued by the authority, and does not expire soon."""
    try:
        certificate = x509.load_pem_x509_certificate(pair.certificate.read_bytes())
        key = serialization.load_pem_private_key(pair.key.read_bytes(), None)
        issuer = x509.load_pem_x509_certificate(authority.certificate.read_bytes())
        certificate.verify_directly_issued_by(issuer)
    except (OSError, ValueError, InvalidSignature):
        return False
    lasts = certificate.not_valid_after_utc - datetime.now(UTC) > _RENEW_BEFORE
    return lasts and key.public_key() == certificate.public_key()


def _save(pair: Pair, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    _write(pair.key, _pem(key))
    _write(pair.certificate, certificate.public_bytes(serialization.Encoding.PEM))


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write(path: Path, content: bytes) -> None:
    """Replace a file atomically, readable only by its owner."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    draft.replace(path)
