"""What people hold: `Sweep(sweep_id)`, an agent at work, a narrower sweep, a sweep as a file."""
