#!/bin/sh
# Prints a Python >= 3.11 to build .venv with: $PYTHON if given, else the first of the usual names.
floor='import sys; sys.exit(sys.version_info < (3, 11))'

for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    if "$candidate" -c "$floor" >/dev/null 2>&1; then
        echo "$candidate"
        exit 0
    fi
done

if [ -n "${PYTHON:-}" ]; then
    echo "PYTHON=$PYTHON is not a Python 3.11 or newer." >&2
else
    echo "Voltfleet needs Python 3.11 or newer, and none was found on your PATH." >&2
    echo "Install one (Debian, Ubuntu: apt install python3; macOS: brew install python), or name it:" >&2
    echo "    make setup PYTHON=/path/to/python3" >&2
fi
exit 1
