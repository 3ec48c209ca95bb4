"""English dates as our pages write them: the day first and the hours counted to 24, in the administration too."""

DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y, H:i"
TIME_FORMAT = "H:i"
