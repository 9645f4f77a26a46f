"""Inputs as readers bring them, wrong in every way we know of, and what each should come to."""
