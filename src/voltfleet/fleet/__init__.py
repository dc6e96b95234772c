"""What the gateway can do: a module per noun, a function per use case."""
