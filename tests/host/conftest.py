"""The host's tests run on the event loop that it runs on: uvloop."""

import asyncio
import contextlib
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from host_doubles import Bench, FakeCsms, FakeGateway, Tls, make_link


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """uvloop, as in production; asyncio's own where a test looks at Python's sockets."""
    if getattr(getattr(item, "module", None), "PYTHON_SOCKETS", False):
        return {"asyncio": asyncio.new_event_loop}
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def csms() -> AsyncIterator[FakeCsms]:
    """An independent CSMS on a free port."""
    server = FakeCsms()
    await server.start()
    yield server
    await server.kill()


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """A self-signed certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a CSMS of the tests")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    directory = tmp_path_factory.mktemp("tls")
    ca_file, key_file = directory / "ca.pem", directory / "key.pem"
    ca_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(ca_file, key_file)
    return Tls(server, ssl.create_default_context(cafile=str(ca_file)), ca_file)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """A host without a gateway, whose clock can be moved on."""
    bench = Bench()
    bench.host.start()
    yield bench
    bench.host.fence()
    bench.host.stop()


@pytest.fixture
async def gateway() -> AsyncIterator[FakeGateway]:
    """A gateway on a free port."""
    gateway = FakeGateway()
    await gateway.start()
    yield gateway
    await gateway.kill()


@pytest.fixture
async def linked(bench: Bench, gateway: FakeGateway) -> AsyncIterator[Bench]:
    """The host talking to the gateway."""
    bench.host.lease._expires_at = float("-inf")
    bench._pump.cancel()
    link = make_link(bench, gateway)
    task = asyncio.create_task(link.run())
    yield bench
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
