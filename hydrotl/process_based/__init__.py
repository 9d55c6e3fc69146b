"""Process-based models: a calibrated benchmark for the networks, and uncalibrated teachers."""

#: First days of every simulation, in which the stores of a model fill; they are not used.
WARM_UP_DAYS = 365
