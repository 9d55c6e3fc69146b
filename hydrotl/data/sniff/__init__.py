"""Finding out what is in a folder of files that nobody has described: ``hydrotl init``.

``sheet`` finds the form of a text file, ``days`` that of its dates, ``headers`` what its columns
are, ``numbers`` the form of its numbers and its codes for missing values, ``folder`` which files
belong together, ``scales`` the units that no file states, and ``write`` puts it into
``region.yaml``. What is not certain is a guess, which is said.
"""
