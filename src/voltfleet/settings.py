"""Every setting, in one frozen value. Entry points build it once, by `from_env`, and pass on what
each room needs; nothing else reads the environment.

The variable of a setting is ``VOLTFLEET_`` and its name in capitals: ``max_batch`` is
``VOLTFLEET_MAX_BATCH``. An option given on the command line goes before the variable.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from voltfleet.domain.errors import VoltfleetError
from voltfleet.domain.quota import Quota
from voltfleet.domain.target_policy import Targets

PREFIX = "VOLTFLEET_"


class SettingsError(VoltfleetError):
    """A setting cannot be used; the message names it and says what it should be."""

    code = "invalid_setting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator can choose, with what is chosen when nobody does."""

    host: str = "127.0.0.1"
    """The address that the gateway listens on."""
    port: int = 8080
    data_dir: Path = Path("voltfleet-data")
    """Where the signing key and, with SQLite, the database are kept."""
    database_url: str = field(default="", repr=False)
    """``sqlite:///…`` or ``postgresql://…``; empty means ``voltfleet.db`` in the data directory."""
    hosts: int | None = None
    """Host processes to start beside the gateway; ``none`` (0) when hosts dial in from elsewhere.
    ``auto`` (None): one per core that the gateway leaves free."""
    max_batch: int = 20_000
    """The most chargers in one bulk request."""
    max_body_bytes: int = 8 << 20
    """The longest request body."""
    head_deadline_seconds: float = 10.0
    """How long a request's line and headers may take to arrive."""
    body_deadline_seconds: float = 20.0
    """How long a request body may take to arrive."""
    max_connections: int = 4096
    """The most HTTP connections at once; one more takes the place of the one idle longest."""
    log_retention_hours: float = 72.0
    """How long frames of the message log are kept."""
    log_max_rows: int = 2_000_000
    """The most frames of the message log that are kept."""
    targets: Targets = Targets.ANY
    """Whom chargers may dial: ``any`` address, or ``public`` ones only. By default ``any`` when the
    gateway listens on this machine alone, else ``public``."""
    lease_seconds: float = 15.0
    """How long a host may be silent before its chargers are given to others."""
    drain_seconds: float = 0.0
    """How long a gateway that is stopped says so (``/health/ready`` answers 503) before it takes no
    more connections: for load balancers that only look now and then. Not used with SQLite, where no
    other gateway could take the requests."""
    max_chargers_per_org: int | None = None
    """The most chargers of one organization, unless an admin chooses otherwise for it; None, here
    and below: no limit."""
    max_jobs_per_org: int | None = None
    """The most jobs of one organization that may be under way."""
    max_requests_per_second_per_org: float | None = None
    """The most requests of one organization, at each gateway."""
    audit_retention_days: float = 90.0
    """How long lines of the audit log are kept."""
    audit_max_rows: int = 1_000_000
    """The most lines of the audit log that are kept."""
    jwks_url: str = ""
    """Where an external token issuer publishes its keys; empty means that there is none."""
    jwt_issuer: str = ""
    jwt_audience: str = ""
    role_claim: str = "role"
    org_claim: str = "organization_id"

    @property
    def quota_per_org(self) -> Quota:
        """What an organization may have if no admin chooses otherwise for it."""
        return Quota(
            self.max_chargers_per_org, self.max_jobs_per_org, self.max_requests_per_second_per_org
        )

    @property
    def keys_dir(self) -> Path:
        """Where the signing key is kept."""
        return self.data_dir / "keys"


def from_env(environ: Mapping[str, str], **overrides: object) -> Settings:
    """The settings of an environment. An override of ``None`` is one that was not given.

    Raises `SettingsError` that names every setting that cannot be used.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    given = _given(environ, overrides)
    for name, (source, text) in given.items():
        try:
            values[name] = _READERS[name](text)
        except ValueError as error:
            problems.append(f"{source} {error}; it is {_shown(name, text)}.")
    if "jwks_url" not in given:
        problems += [
            f"{_variable(name)} is set, so {_variable('jwks_url')} must be set as well."
            for name in ("jwt_issuer", "jwt_audience")
            if name in given
        ]
    if problems:
        raise SettingsError("\n".join(problems))
    settings = Settings(**values)
    if "targets" not in values:
        settings = replace(settings, targets=Targets.for_listener(settings.host))
    if settings.database_url:
        return settings
    file = settings.data_dir.absolute() / "voltfleet.db"
    return replace(settings, database_url=f"sqlite:///{file}")


def _given(
    environ: Mapping[str, str], overrides: Mapping[str, object]
) -> dict[str, tuple[str, str]]:
    """What was chosen: by setting, where it was chosen and what was written there."""
    names = [f.name for f in fields(Settings)]
    unknown = overrides.keys() - set(names)
    if unknown:
        raise TypeError(f"no such settings: {', '.join(sorted(unknown))}")
    chosen: dict[str, tuple[str, str]] = {}
    for name in names:
        if environ.get(_variable(name), "").strip():
            chosen[name] = (_variable(name), environ[_variable(name)].strip())
        if overrides.get(name) is not None:
            chosen[name] = (f"--{name.replace('_', '-')}", str(overrides[name]))
    return chosen


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _shown(name: str, text: str) -> str:
    return "not shown, as it may hold a password" if name == "database_url" else repr(text)


def _number(kind: type[int] | type[float], low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = kind(low - 1)
        if not low <= value <= high:
            what = "a whole number" if kind is int else "a number"
            raise ValueError(f"must be {what} from {low:,} to {high:,}")
        return value

    return read


def _port(text: str) -> float:
    if text.startswith("tcp://"):
        # Kubernetes sets VOLTFLEET_PORT like this in a pod beside a Service called voltfleet.
        raise ValueError(
            "must be a number from 0 to 65535 (Kubernetes has set it for the Service; put "
            "enableServiceLinks: false in the pod's spec)"
        )
    return _number(int, 0, 65_535)(text)


def _database_url(text: str) -> str:
    schemes = ("sqlite:///", "postgresql://", "postgresql+psycopg://", "postgres://")
    if not text.startswith(schemes):
        raise ValueError("must be sqlite:///<file> or postgresql://<user>@<server>/<database>")
    return text


def _http_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be the http:// or https:// URL of a JWK set")
    return text


def _hosts(text: str) -> int | None:
    words = {"auto": None, "none": 0}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return int(_number(int, 0, 1024)(text))
    except ValueError:
        raise ValueError("must be auto, none, or a whole number up to 1,024") from None


def _targets(text: str) -> Targets:
    try:
        return Targets(text.lower())
    except ValueError:
        raise ValueError(f"must be one of {', '.join(Targets)}") from None


_READERS: Mapping[str, Callable[[str], Any]] = {
    "host": str,
    "port": _port,
    "data_dir": lambda text: Path(text).expanduser(),
    "database_url": _database_url,
    "hosts": _hosts,
    "max_batch": _number(int, 1, 1_000_000),
    "max_body_bytes": _number(int, 1024, 1 << 30),
    "head_deadline_seconds": _number(float, 0.1, 3600),
    "body_deadline_seconds": _number(float, 0.1, 3600),
    "max_connections": _number(int, 1, 1_000_000),
    "targets": _targets,
    "log_retention_hours": _number(float, 0, 24 * 366 * 10),
    "log_max_rows": _number(int, 0, 10**12),
    "lease_seconds": _number(float, 1, 3600),
    "drain_seconds": _number(float, 0, 3600),
    "max_chargers_per_org": _number(int, 0, 10**9),
    "max_jobs_per_org": _number(int, 0, 10**9),
    "max_requests_per_second_per_org": _number(float, 0, 10**6),
    "audit_retention_days": _number(float, 0, 366 * 10),
    "audit_max_rows": _number(int, 0, 10**12),
    "jwks_url": _http_url,
    "jwt_issuer": str,
    "jwt_audience": str,
    "role_claim": str,
    "org_claim": str,
}
