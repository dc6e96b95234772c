"""What went wrong with a connection, as a sentence that tells a user what to do about it."""

import errno
import socket
import ssl
from http import HTTPStatus

from websockets.exceptions import (
    InvalidHeader,
    InvalidMessage,
    InvalidStatus,
    InvalidUpgrade,
    NegotiationError,
)
from websockets.protocol import Protocol
from websockets.uri import WebSocketURI

from voltfleet.host.targets import TargetRefusedError
from voltfleet.station.reports import DialFailure

_STATUS_HINTS = {
    400: "it could not make sense of the request",
    403: "it does not let this identity in",
    404: "it does not know this identity or path",
    405: "this path takes no WebSocket connections",
    426: "this path speaks another protocol",
    429: "too many connections; slow down the dialling or raise its limit",
    500: "it failed; see its log",
    502: "the proxy in front of it cannot reach it",
    503: "it is overloaded or starting",
    504: "the proxy in front of it had no answer from it",
}
_NO_CREDENTIALS = (
    "it wants credentials, and this charger sends none: give it security_profile 1 or 2 and an "
    "authorization_key"
)
_WRONG_CREDENTIALS = "it does not accept this identity with this key: check authorization_key"
_HOSTNAME_MISMATCH = frozenset({62, 64})  # X509_V_ERR_HOSTNAME_MISMATCH, …_IP_ADDRESS_MISMATCH
_WANTS_CERTIFICATE = frozenset(
    {"TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_HANDSHAKE_FAILURE"}
)
_OLD_TLS = frozenset({"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION"})
_REFUSED_CERTIFICATE = {
    "TLSV1_ALERT_UNKNOWN_CA": "it does not know the authority that issued it",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it calls it bad",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "it has expired",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "it has been revoked",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it does not say why",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "it cannot use one of this kind",
    "TLSV1_ALERT_ACCESS_DENIED": "it does not let it in",
    "TLSV1_ALERT_DECRYPT_ERROR": "its signature does not fit",
}
_NO_COMMON_CIPHER = frozenset(
    {
        "NO_CIPHERS_AVAILABLE",
        "TLSV1_ALERT_INSUFFICIENT_SECURITY",
        "UNKNOWN_CIPHER_RETURNED",
        "WRONG_CIPHER_RETURNED",
    }
)
_TLS_FAILURES = {
    **dict.fromkeys(_OLD_TLS, DialFailure.TLS_VERSION),
    **dict.fromkeys(_REFUSED_CERTIFICATE, DialFailure.CREDENTIALS),
    **dict.fromkeys(_NO_COMMON_CIPHER, DialFailure.CIPHER_SUITE),
}
_HANDSHAKE_FAILURE = "SSLV3_ALERT_HANDSHAKE_FAILURE"
_SERVER_ERRORS = 500
_STATUS_LINE = 3  # words
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


def where(uri: WebSocketURI) -> str:
    """Host and port as a user wrote them."""
    host = f"[{uri.host}]" if ":" in uri.host else uri.host
    return f"{host}:{uri.port}"


def dial_failed(exc: BaseException, uri: WebSocketURI) -> str:
    """Why no TCP or TLS connection came about."""
    address = where(uri)
    match exc:
        case TargetRefusedError():
            why = f"not dialled: {exc}"
        case ConnectionRefusedError():
            why = f"connection refused by {address}: is the CSMS running there?"
        case socket.gaierror():
            why = f"could not resolve host {uri.host}: check ws_url and the name server"
        case ssl.SSLError():
            why = _tls_error(exc, address)
        case TimeoutError():
            why = f"no answer from {address}: check the address and firewalls"
        case ConnectionError():
            why = _hung_up(uri)
        case OSError():
            why = _os_error(exc, address)
        case _:
            why = f"could not connect to {address}: {exc}"
    return why


def barred(refusal: str) -> str:
    """Why a connection is closed that was allowed when it was made."""
    return f"disconnected: {refusal}"


def failure_of(exc: BaseException, *, showed_certificate: bool = False) -> DialFailure:
    """What kind of failure it was, for the station's security log."""
    match exc:
        case ssl.SSLCertVerificationError():
            return DialFailure.CSMS_CERTIFICATE
        case ssl.SSLError() if showed_certificate and exc.reason == _HANDSHAKE_FAILURE:
            # Without one it may also be what the server misses.
            return DialFailure.CIPHER_SUITE
        case ssl.SSLError():
            return _TLS_FAILURES.get(exc.reason or "", DialFailure.OTHER)
        case InvalidStatus() if exc.response.status_code == HTTPStatus.UNAUTHORIZED:
            return DialFailure.CREDENTIALS
        case _:
            return DialFailure.OTHER


def _hung_up(uri: WebSocketURI) -> str:
    if uri.secure:
        # With TLS 1.3 a server that turns a client certificate down says so after the client's
        # part of the handshake, and often only by hanging up.
        return (
            f"{where(uri)} cut the connection during the handshake; does it speak TLS (wss)? Does "
            "it want a client certificate (security_profile 3), or another one than it got?"
        )
    return f"{where(uri)} cut the connection during the handshake; is it a WebSocket server?"


def _tls_error(exc: ssl.SSLError, address: str) -> str:
    if isinstance(exc, ssl.SSLCertVerificationError):
        if exc.verify_code in _HOSTNAME_MISMATCH:
            remedy = "it was issued for another name: check ws_url, or the CSMS's certificate"
        else:
            remedy = "ca_certificate, or VOLTFLEET_HOST_CA_FILE, can name the authority to trust"
        return f"TLS certificate of {address} not trusted: {exc.verify_message}; {remedy}"
    if exc.reason in _WANTS_CERTIFICATE:
        return (
            f"{address} refused the TLS handshake; if it asks for a client certificate, give the "
            f"charger security_profile 3 with client_certificate and client_key ({exc.reason})"
        )
    if exc.reason in _REFUSED_CERTIFICATE:
        why = _REFUSED_CERTIFICATE[exc.reason]
        return (
            f"{address} does not accept the charger's client certificate: {why}; check "
            "client_certificate and the authorities that the CSMS trusts"
        )
    if exc.reason in _OLD_TLS:
        return f"{address} speaks no TLS 1.2 or above, and chargers speak nothing older"
    return f"TLS handshake with {address} failed: {exc.reason or exc}; does it speak TLS (wss)?"


def _os_error(exc: OSError, address: str) -> str:
    match exc.errno:
        case errno.EADDRNOTAVAIL:
            return (
                f"no local port is free for {address}: this machine has used up its ephemeral "
                "ports towards it; run chargers on more hosts"
            )
        case errno.EMFILE | errno.ENFILE:
            return "the host has no file descriptor left: raise its limit (ulimit -n)"
        case errno.EHOSTUNREACH | errno.ENETUNREACH:
            return f"there is no network route to {address}"
        case _:
            return f"could not connect to {address}: {exc.strerror or exc}"


def no_answer(uri: WebSocketURI, seconds: float) -> str:
    """Why a dial was given up at its deadline."""
    return f"no answer from {where(uri)} within {seconds:g} s: check the address and firewalls"


def handshake_refused(
    exc: Exception, uri: WebSocketURI, subprotocol: str, *, sent_credentials: bool = False
) -> str:
    """Why the WebSocket handshake failed."""
    match exc:
        case InvalidStatus():
            return _status(exc, uri, sent_credentials=sent_credentials)
        case NegotiationError():
            return f"the CSMS did not keep to what was offered ({subprotocol}): {exc}"
        case InvalidUpgrade() | InvalidHeader():
            return f"{where(uri)} does not speak WebSocket properly: {exc}"
        case InvalidMessage() if isinstance(exc.__cause__, EOFError):
            return _hung_up(uri)
        case InvalidMessage():
            return f"{where(uri)} answered with something that is not HTTP; is it the CSMS's port?"
        case _:
            return f"the handshake with {where(uri)} failed: {exc}"


def _status(exc: InvalidStatus, uri: WebSocketURI, *, sent_credentials: bool) -> str:
    status = exc.response.status_code
    said = f"the CSMS answered HTTP {status} to {uri.path}"
    location = exc.response.headers.get("Location")
    if status in _REDIRECTS and location:
        return f"{said}: it points to {location}; use that address as ws_url"
    if status == HTTPStatus.UNAUTHORIZED:
        hint: str | None = _WRONG_CREDENTIALS if sent_credentials else _NO_CREDENTIALS
    else:
        hint = _STATUS_HINTS.get(status)
    return f"{said}: {hint}" if hint else said


def concerns_all(exc: BaseException) -> bool:
    """Whether that failure of a dial says nothing about the charger that dialled: the CSMS is
    away, or lets nobody in for now."""
    match exc:
        case InvalidStatus():
            return lets_nobody_in(exc.response.status_code)
        case InvalidMessage():
            return isinstance(exc.__cause__, EOFError)
        case ssl.SSLError():
            return False
        case _:
            return isinstance(exc, OSError)


def lets_nobody_in(status: int) -> bool:
    """Whether that answer is about the CSMS, and not about the charger."""
    return status == HTTPStatus.TOO_MANY_REQUESTS or status >= _SERVER_ERRORS


def status_of(answer: bytes) -> int | None:
    """The status of an HTTP answer of which this is the beginning, if it is a refusal."""
    words = answer.split(b" ", 2)
    if len(words) < _STATUS_LINE or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        return None
    status = int(words[1])
    return None if status == HTTPStatus.SWITCHING_PROTOCOLS else status


def unfinished(status: int, uri: WebSocketURI, seconds: float) -> str:
    """Why a refusal that does not end was not waited for."""
    hint = _STATUS_HINTS.get(status, "it did not upgrade the connection")
    return (
        f"the CSMS answered HTTP {status} to {uri.path}: {hint}; its answer had not ended after "
        f"{seconds:g} s"
    )


def flooded(limit: int) -> str:
    """What a user is told of a CSMS that is slowed down."""
    return (
        f"the CSMS sends more than this charger reads ({limit} messages a second): the rest is "
        "read later, and answered later"
    )


def endless(seconds: float) -> str:
    """Why a message is not waited for any longer."""
    return f"a message in fragments that was not complete within {seconds:g} s"


def no_subprotocol(subprotocol: str) -> str:
    """Why a connection without a subprotocol is closed (OCPP-J 1.6 §3.2)."""
    return f"the CSMS chose no OCPP subprotocol; offered {subprotocol}"


def half_open(uri: WebSocketURI, seconds: float) -> str:
    """Why a silent connection is dropped."""
    return f"{where(uri)} did not answer a ping within {seconds:g} s: the connection is dead"


def stalled(uri: WebSocketURI, seconds: float) -> str:
    """Why a connection whose peer does not read is dropped."""
    return f"{where(uri)} has read nothing for {seconds:g} s: the CSMS is stuck or overloaded"


def lost(exc: Exception | None, ws: Protocol, uri: WebSocketURI) -> str | None:
    """Why an open connection ended; null when this side meant it to."""
    if ws.parser_exc is not None and not isinstance(ws.parser_exc, EOFError):
        return f"the CSMS broke the WebSocket protocol: {ws.parser_exc}"
    if ws.close_rcvd is not None and ws.close_rcvd_then_sent is not False:
        return f"the CSMS closed the connection: {ws.close_rcvd}"
    if ws.close_sent is not None:
        return None
    detail = f" ({exc})" if exc else ""
    return f"connection to {where(uri)} lost{detail}: did the CSMS or a proxy stop?"
