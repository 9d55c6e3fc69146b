"""A river of one's own: a model is chosen, trained, kept in a run folder, reported and used."""
