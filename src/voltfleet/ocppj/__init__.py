"""The OCPP-J wire, sans-I/O.

frames   one text frame <-> one value
errors   the RPC error codes, in each version's spelling
rpc      pairing results with calls; what a broken frame is answered with
schemas  strict checks of payloads against the standard's JSON schemas
"""
