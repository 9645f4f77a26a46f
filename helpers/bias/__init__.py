"""Bias of classifiers and of verification, always with the number of people behind a figure."""
