"""What the message log shows of frames that carry passwords."""

import json

import pytest

from voltfleet.host.redaction import HIDDEN, shown

KEY = 'sec\\"ret-0123456789'


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("ChangeConfiguration", {"key": "AuthorizationKey", "value": KEY}),
        ("ChangeConfiguration", {"value": KEY, "key": "authorizationkey"}),
        (
            "SetVariables",
            {
                "setVariableData": [
                    {
                        "attributeValue": KEY,
                        "component": {"name": "SecurityCtrlr"},
                        "variable": {"name": "BasicAuthPassword"},
                    }
                ]
            },
        ),
        ("SetNetworkProfile", {"connectionData": {"basicAuthPassword": KEY}}),
    ],
)
def test_a_password_is_hidden(action: str, payload: dict[str, object]) -> None:
    text = shown(action, json.dumps([2, "1", action, payload]))
    assert json.dumps(KEY)[1:-1] not in text
    assert HIDDEN in text
    assert json.loads(text)[2] == action


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ("ChangeConfiguration", '[2,"1","ChangeConfiguration",{"key":"ResetRetries","value":"3"}]'),
        ("Heartbeat", '[2,"1","Heartbeat",{"key":"AuthorizationKey","value":"3"}]'),
        ("ChangeConfiguration", '[3,"1",{"status":"Accepted"}]'),
    ],
)
def test_all_else_is_shown_as_it_crossed_the_wire(action: str, text: str) -> None:
    assert shown(action, text) is text
