"""HTTP in: a module per noun, models first, then thin routes."""
