"""Who is asking: principals and bearer tokens."""
