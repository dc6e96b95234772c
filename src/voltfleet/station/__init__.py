"""The Charging Station, sans-I/O."""
