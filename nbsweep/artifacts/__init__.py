"""Named, versioned sets of files, kept in the folders of the runs that log them."""
