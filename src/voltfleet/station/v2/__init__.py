"""OCPP 2.0.1 and the same functional blocks of 2.1: one module per block or use case group."""
