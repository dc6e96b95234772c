"""Schema changes, applied in order at first start and at every upgrade."""
