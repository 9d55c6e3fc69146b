"""The study around hydrotl_core: data, experiments, process-based models, book, command line."""
