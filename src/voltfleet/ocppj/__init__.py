"""The OCPP-J wire, sans-I/O."""
