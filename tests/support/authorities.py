"""Certificate authorities for tests: real certificates, made in a millisecond."""

import datetime as dt
import ipaddress
import ssl
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Pem = tuple[str, str]
"""A certificate and its private key."""


class Authority:
    """Issues certificates; ``pem`` is its own."""

    def __init__(self, name: str = "an authority of the tests") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        certificate = _build(self._name, self._name, self._key.public_key(), ca=True)
        self._certificate = certificate.sign(self._key, hashes.SHA256())
        self.pem = self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issue(self, common_name: str, *alternatives: str) -> Pem:
        """A certificate for that name, and for the DNS names and IP addresses beside it."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _build(_name(common_name), self._name, key.public_key(), ca=False)
        if alternatives:
            names = [_alternative(text) for text in alternatives]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        return certificate.public_bytes(serialization.Encoding.PEM).decode(), pem_of(key)

    def signed(self, request: str) -> str:
        """The certificate that a signing request (PEM) asks for."""
        asked = x509.load_pem_x509_csr(request.encode())
        key = asked.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        certificate = _build(asked.subject, self._name, key, ca=False).sign(
            self._key, hashes.SHA256()
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode()

    def server(self, *names: str, clients: "Authority | None" = None) -> ssl.SSLContext:
        """A server's context; with ``clients`` it wants certificates of that authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate, key = self.issue("csms.example", *names)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(certificate + key)
            file.flush()
            context.load_cert_chain(file.name)
        if clients is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(cadata=clients.pem)
        return context


def pem_of(key: ec.EllipticCurvePrivateKey) -> str:
    """A private key as PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _name(text: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Voltfleet tests"),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
        ]
    )


def _alternative(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _build(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, ca: bool
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
