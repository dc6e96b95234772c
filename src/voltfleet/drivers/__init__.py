"""Where a host process runs."""
