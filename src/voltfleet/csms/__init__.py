"""The demo CSMS: OCPP 1.6J, 2.0.1 and 2.1, to try chargers against with nothing else at hand.

``server.Csms`` is the front door; ``python -m voltfleet.csms`` and ``voltfleet csms`` run it.
"""
