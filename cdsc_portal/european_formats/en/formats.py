"""Django reads these by name: a moment on the pages of staff has the clock of all other pages."""

DATE_FORMAT = "M j, Y"
TIME_FORMAT = "G:i"
DATETIME_FORMAT = "M j, Y, G:i"
