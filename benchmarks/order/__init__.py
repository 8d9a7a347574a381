"""The parts of `order_experiment.py`: groups, formulas, what breaks, a bandit, tables, figures."""
