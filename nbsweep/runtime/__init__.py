"""What acts: sessions, runs, agents and the threads they own."""
