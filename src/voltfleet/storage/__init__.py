"""The only room that knows the SQL dialect."""
