"""``python -m voltfleet.csms``: the demo CSMS without the rest of the command line."""

import typer

from voltfleet.csms.command import csms

if __name__ == "__main__":
    typer.run(csms)
