"""Making the book: runs of notebooks, figures, tables and cards."""
