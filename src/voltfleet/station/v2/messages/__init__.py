"""The messages of OCPP 2.0.1 and 2.1 that this station sends or answers, by functional block.

A request's class is named like its action. The standard's schema is held against every request of
the CSMS before it is decoded, so these types need not repeat lengths and ranges; what comes in as
an answer may carry more than the standard knows. Both versions spell these messages alike.
"""
