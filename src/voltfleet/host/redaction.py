"""Keeps the passwords that a CSMS sets out of the message log, which users read."""

import re

HIDDEN = "***"
_SETTINGS = {
    "ChangeConfiguration": re.compile(r"AuthorizationKey", re.IGNORECASE),
    "SetVariables": re.compile(r"BasicAuthPassword", re.IGNORECASE),
    "SetNetworkProfile": re.compile(r"basicAuthPassword|\"password\"|\"key\"", re.IGNORECASE),
}
_STRING = r'"(?:[^"\\]|\\.)*"'
_VALUES = {
    "ChangeConfiguration": ("value",),
    "SetVariables": ("attributeValue",),
    "SetNetworkProfile": ("basicAuthPassword", "password", "key"),
}


def shown(action: str, text: str) -> str:
    """The frame as the log may show it; the frame itself, unless it carries a password."""
    setting = _SETTINGS.get(action)
    if setting is None or setting.search(text) is None:
        return text
    for name in _VALUES[action]:
        field = re.compile(rf'("{name}"\s*:\s*){_STRING}')
        text = field.sub(_hide, text)
    return text


def _hide(found: re.Match[str]) -> str:
    return f'{found[1]}"{HIDDEN}"'
