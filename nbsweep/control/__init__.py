"""What drives a sweep: the controller decides the next run, the agent keeps an executor full."""
