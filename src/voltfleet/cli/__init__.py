"""The voltfleet command."""
