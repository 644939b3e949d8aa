"""securedoc: the whole life of a secret state document on one offline computer."""

__version__ = "0.1.0"
