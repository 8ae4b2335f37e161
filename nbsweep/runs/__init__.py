"""A run as the training code sees it: config, summary, history, files; how it begins and ends."""
