"""Where runs execute: the calling thread, threads, processes, programs, Dask or Ray."""
