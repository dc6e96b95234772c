"""SecurityCtrlr, ISO15118Ctrlr, and the network profiles of OCPPCommCtrlr (Part 2 Appendix 3.1)."""

from voltfleet.station.v2.device_model.definition import (
    Definition,
    Facts,
    choice,
    component,
    fixed,
    flag,
    live,
    text,
    varying,
    whole,
)
from voltfleet.station.v2.messages.provisioning import DataType, VariableCharacteristics
from voltfleet.station.v2.messages.types import Variable

_OWNER = "SecurityCtrlr"
_COMM = "OCPPCommCtrlr"
_DAY = 86_400

MAX_CERTIFICATES = 20
MAX_CHAIN = 10_000
PASSWORD_LENGTHS = range(16, 41)
SLOTS = (1, 2, 3)
"""The configuration slots of network profiles; the first is how the charger was created."""


def _identity(facts: Facts) -> str:
    return facts.ctx.identity


def _profile(facts: Facts) -> str:
    return str(facts.ctx.dial.security_profile or 0)


def good_password(value: str) -> str | None:
    """A00.FR.205: itself, or None."""
    return value if len(value) in PASSWORD_LENGTHS and value.isprintable() else None


ADDITIONAL_ROOT_CERTIFICATE_CHECK = flag(_OWNER, "AdditionalRootCertificateCheck", default=False)
BASIC_AUTH_PASSWORD = Definition(
    component(_OWNER),
    Variable("BasicAuthPassword"),
    VariableCharacteristics(
        DataType.STRING,
        supports_monitoring=False,
        min_limit=PASSWORD_LENGTHS[0],
        max_limit=PASSWORD_LENGTHS[-1],
    ),
    check=good_password,
    secret=True,
)
CERTIFICATE_ENTRIES = varying(
    _OWNER, "CertificateEntries", DataType.INTEGER, "0", max_limit=MAX_CERTIFICATES
)
CERT_SIGNING_REPEAT_TIMES = whole(_OWNER, "CertSigningRepeatTimes", 3, (0, 10))
CERT_SIGNING_WAIT_MINIMUM = whole(_OWNER, "CertSigningWaitMinimum", 60, (1, _DAY), unit="s")
ORGANIZATION_NAME = text(_OWNER, "OrganizationName", "Voltfleet", 64)

SECURITY = (
    ADDITIONAL_ROOT_CERTIFICATE_CHECK,
    BASIC_AUTH_PASSWORD,
    CERTIFICATE_ENTRIES,
    CERT_SIGNING_REPEAT_TIMES,
    CERT_SIGNING_WAIT_MINIMUM,
    live(
        _OWNER,
        "Identity",
        VariableCharacteristics(DataType.STRING, supports_monitoring=False),
        _identity,
    ),
    fixed(_OWNER, "MaxCertificateChainSize", DataType.INTEGER, str(MAX_CHAIN)),
    ORGANIZATION_NAME,
    live(
        _OWNER,
        "SecurityProfile",
        VariableCharacteristics(DataType.INTEGER, supports_monitoring=False),
        _profile,
    ),
    fixed("ISO15118Ctrlr", "Available", DataType.BOOLEAN, "false"),
    fixed("ISO15118Ctrlr", "Enabled", DataType.BOOLEAN, "false"),
)

ACTIVE_NETWORK_PROFILE = varying(_COMM, "ActiveNetworkProfile", DataType.INTEGER, "1")
NETWORK_CONFIGURATION_PRIORITY = choice(
    _COMM,
    "NetworkConfigurationPriority",
    "1",
    tuple(map(str, SLOTS)),
    DataType.SEQUENCE_LIST,
    at_least=1,
)
NETWORK_PROFILE_CONNECTION_ATTEMPTS = whole(_COMM, "NetworkProfileConnectionAttempts", 3, (1, 100))
NETWORK_PROFILES = (
    NETWORK_CONFIGURATION_PRIORITY,
    ACTIVE_NETWORK_PROFILE,
    NETWORK_PROFILE_CONNECTION_ATTEMPTS,
)
