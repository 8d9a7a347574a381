"""The experiment: one policy, many rewards, measured by the clinic's ground truth."""
