"""Events of the data hub; receivers connect to them."""

from django.dispatch import Signal

run_waiting = Signal()  # sent after commit with `run_id`: a feed run waits for a worker
meters_arrived = Signal()  # sent after commit: readings that are parked may have their meter now
portfolio_wanted = Signal()  # sent with `user_id` and `month`: its lines are not kept, or no longer new
download_waiting = Signal()  # sent after commit with `download_id`: a file waits for a worker
