"""Runs the Python steps of one workflow, one after the other, for the program that started us."""
