"""OCPP 1.6J: one module per feature profile, the Core profile by chapter."""
