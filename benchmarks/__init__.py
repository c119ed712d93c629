"""What `make bench` runs: the bars of the product, measured on this machine."""
