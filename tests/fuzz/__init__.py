"""A fuzz target: damaged rubrics through everything that reads them."""
