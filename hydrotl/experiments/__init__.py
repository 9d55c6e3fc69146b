"""Training, scoring and recording the members of the study's experiments."""
