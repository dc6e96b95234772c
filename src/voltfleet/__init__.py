"""Voltfleet: a self-hosted gateway that stands up and drives fleets of simulated EV chargers."""

__version__ = "0.1.0"
