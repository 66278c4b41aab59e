"""Verifiable instructions of IFEval: does a reply do what its prompt asks? One family of checkers a file."""
