"""What OCPP 2.1 has beyond 2.0.1. Only stations of 2.1 are built with these blocks."""
