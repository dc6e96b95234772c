"""The demo CSMS, so that anyone can try the product with nothing else."""
