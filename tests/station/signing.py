"""Firmware, and those who sign it."""

from datetime import UTC, datetime, timedelta

from bench16 import START
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

FILE = b"firmware"
URL = "http://files.example/acme-2.5.1.bin"
EC_KEY = ec.generate_private_key(ec.SECP256R1())
RSA_KEY = rsa.generate_private_key(65537, 2048)
Signer = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def certificate(
    key: Signer = EC_KEY, days: int = 10, issuer: str = "Acme", signer: Signer | None = None
) -> str:
    """In PEM, for the name Acme; issued by itself unless told otherwise."""

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.fromtimestamp(START, UTC)
    builder = (
        x509.CertificateBuilder(named(issuer), named("Acme"))
        .public_key(key.public_key())
        .serial_number(0xABC123)
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
    )
    made = builder.sign(signer or key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def ecdsa(content: bytes = FILE) -> bytes:
    return EC_KEY.sign(content, ec.ECDSA(hashes.SHA256()))
