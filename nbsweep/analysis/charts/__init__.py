"""The plots as plain descriptions: each file has a `collect_…` that makes a `Chart`."""
