"""Mutated run directories, mutated replies of servers, signals at random moments."""
