"""hydrotl_core: transfer streamflow LSTMs across continents (Ma et al. 2021).

The data flow is one-directional: manifest, reader, canonical dataset, scaling, tensors,
model, training, weights, simulation, metrics, results, figures. Importing the package is
cheap; modules that need torch or hvplot import them when they are used.
"""

__version__ = "0.1.0"

#: Version of the arithmetic: raised whenever a change of the code moves a number (a simulation, a
#: score, an interval), for results of another version are then computed again.
NUMERICS = 1
