"""`make bench`: each figure beside its yardstick in one run, as ratios; machines are shared, so only those mean much."""
