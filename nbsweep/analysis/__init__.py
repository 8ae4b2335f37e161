"""What the runs of a sweep say: columns, importance, progress. Numbers in, numbers out."""
