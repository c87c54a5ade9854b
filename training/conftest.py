"""Lets the tests import the programs of this folder, wherever pytest is called from."""
