"""Laws of explainers: what any method, of this package or another, should keep."""
