"""`make bench`: each figure beside its yardstick in one run. Machines are shared, so only ratios mean much."""
