"""Durable intent: what must happen even if every process is killed."""
