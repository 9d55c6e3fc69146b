"""SWAT+: a lumped project from a basin's daily weather, run by the user's executable.

The order is estimates (what a data set lacks) -> forcing (a record without gaps) -> project (the
input files) -> run (the executable) -> readers (its streamflow) -> teacher (all basins of a data
set) -> record (the committed result). ``fetch`` obtains the pinned executable and the default
tables; :func:`hydrotl.process_based.swat.readers.swat_flow` reads anyone's existing run, of
SWAT+ or SWAT2012.

SWAT+: Bieger, K., et al. (2017): Introduction to SWAT+, a completely restructured version of the
Soil and Water Assessment Tool. J. Am. Water Resour. Assoc., 53, 115-130,
doi:10.1111/1752-1688.12482.
"""
