"""From files in published layouts to canonical data sets."""
