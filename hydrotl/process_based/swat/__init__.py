"""SWAT+: a lumped project from a basin's daily weather, run by the user's executable.

Read in this order: ``inputs`` (a basin's facts, and its weather without gaps), ``landscape`` and
``weather`` (the input files), ``project`` (all of them in a folder), ``run`` (the executable, for
one project or all basins of a data set), ``output`` (its streamflow; ``channel`` reads that of
SWAT+, ``reach`` and ``control`` that of SWAT2012, both with ``tables``), ``record`` (the committed
result). ``installation`` finds or fetches the pinned executable and the default tables.
:func:`hydrotl.process_based.swat.output.swat_flow` reads any existing run, of SWAT+ or SWAT2012.

SWAT+: Bieger, K., et al. (2017): Introduction to SWAT+, a completely restructured version of the
Soil and Water Assessment Tool. J. Am. Water Resour. Assoc., 53, 115-130,
doi:10.1111/1752-1688.12482.
"""
