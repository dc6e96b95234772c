"""Starts the gateway's process: ``python -m voltfleet.cli.gateway``.

``voltfleet serve`` does it; it is not meant for people.
"""

from voltfleet.cli.lasting import lasting_imports

with lasting_imports():
    from voltfleet.cli.gateway_process import main

if __name__ == "__main__":
    main()
