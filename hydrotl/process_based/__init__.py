"""Process-based models: benchmark and teachers of the networks."""
