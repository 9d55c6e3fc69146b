"""Errors and warnings a user can act on: they name the file, line or variable and what to do."""


class HydroTLError(ValueError):
    """Base of all errors raised on purpose by hydrotl."""


class DataError(HydroTLError):
    """A data file or the values in it are not what they should be."""


class ConfigError(HydroTLError):
    """The manifest, an experiment or a recipe is not valid."""


class FileError(HydroTLError):
    """A file or folder cannot be read or written: no room, no access, or not what it should be."""


class DownloadError(HydroTLError):
    """A file could not be fetched or does not match its recorded hash."""


class WeightsError(HydroTLError):
    """Weights do not fit the model or the data they are used with."""


class TrainingError(HydroTLError):
    """Some trainings of a run failed; the message names them."""


class ProcessModelError(HydroTLError):
    """A process-based model could not be run or did not finish."""


class DoubtfulData(UserWarning):
    """Data that are possible but rarely right."""
