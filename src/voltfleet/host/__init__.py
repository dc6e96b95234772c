"""The runtime process: all I/O of the simulator."""
