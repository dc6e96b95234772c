"""Words and rules: frozen values, enums and pure functions. No I/O, no framework, no clock."""
