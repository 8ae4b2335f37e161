"""What people see: the state that a snapshot shows, and how it is drawn."""
