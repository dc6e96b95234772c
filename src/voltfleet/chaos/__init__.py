"""``voltfleet chaos``: a fleet of processes, struck by faults, and a check of what was kept."""
