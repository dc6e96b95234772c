"""X.509 as OCPP needs it (1.6 security whitepaper; 2.0.1 A and M): reading, hashing, verifying."""

from datetime import UTC, datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.x509.oid import NameOID

HASHES: dict[str, hashes.HashAlgorithm] = {
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}
Certificate = x509.Certificate
Key = ec.EllipticCurvePrivateKey


def read_chain(pem: str) -> list[Certificate]:
    """The certificates of a PEM text, the leaf first; none if it cannot be read."""
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        return []


def to_pem(certificate: Certificate) -> str:
    """As it is handed on, and stored."""
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def key_to_pem(key: Key) -> str:
    """As it is handed on, and stored."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def key_from_pem(pem: str) -> Key:
    """What `key_to_pem` made."""
    key = serialization.load_pem_private_key(pem.encode(), None)
    if not isinstance(key, Key):
        raise TypeError("no key on an elliptic curve")
    return key


def valid_at(certificate: Certificate, at: float) -> bool:
    """Whether it is within its validity."""
    when = datetime.fromtimestamp(at, UTC)
    return certificate.not_valid_before_utc <= when <= certificate.not_valid_after_utc


def issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether the issuer's key signed it."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def anchored(chain: list[Certificate], roots: list[Certificate]) -> bool:
    """Whether each is issued by the next, and the last by (or itself one of) the roots."""
    linked = all(issued_by(c, i) for c, i in pairwise(chain))
    last = chain[-1]
    return linked and any(last == root or issued_by(last, root) for root in roots)


def hashable(root: Certificate) -> bool:
    """Whether its key is of a kind that OCPP's hashes are defined for here."""
    return isinstance(root.public_key(), (rsa.RSAPublicKey, ec.EllipticCurvePublicKey))


def hash_data(root: Certificate, algorithm: str) -> tuple[str, str, str]:
    """A self-signed certificate's issuerNameHash, issuerKeyHash, serialNumber; `hashable` is to be
    asked before."""
    return (
        _digest(algorithm, root.issuer.public_bytes()),
        _digest(algorithm, _key_bits(root)),
        f"{root.serial_number:x}",
    )


def signature_holds(certificate: Certificate, signature: bytes, sha256: bytes) -> bool:
    """Whether the certificate's key signed what has that SHA-256."""
    key, hashed = certificate.public_key(), Prehashed(hashes.SHA256())
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, sha256, ec.ECDSA(hashed))
            return True
    except InvalidSignature:
        return False
    return isinstance(key, rsa.RSAPublicKey) and _rsa_holds(key, signature, sha256)


def new_key() -> Key:
    """A key pair of the station."""
    return ec.generate_private_key(ec.SECP256R1())


def signing_request(key: Key, *, common_name: str, organization: str) -> str:
    """The CSR for a station's certificate, in PEM."""
    name = [x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64] or "-")]
    if organization:
        name.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization[:64]))
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name(name))
    request = builder.sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM).decode()


def _rsa_holds(key: rsa.RSAPublicKey, signature: bytes, sha256: bytes) -> bool:
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
    for scheme in (pss, padding.PKCS1v15()):
        try:
            key.verify(signature, sha256, scheme, Prehashed(hashes.SHA256()))
        except InvalidSignature:
            continue
        return True
    return False


def _digest(algorithm: str, data: bytes) -> str:
    digest = hashes.Hash(HASHES[algorithm])
    digest.update(data)
    return digest.finalize().hex()


def _key_bits(root: Certificate) -> bytes:
    """The content of the BIT STRING in SubjectPublicKeyInfo (RFC 6960 §4.1.1)."""
    key = root.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
