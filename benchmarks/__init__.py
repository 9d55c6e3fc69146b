"""Measurements of speed, memory and time to skill; no part of the package and no tests."""
