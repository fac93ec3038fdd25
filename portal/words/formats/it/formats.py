"""Days as Italians type them: with slash, point or hyphen, the year whole or short; the first form is the one shown."""

_DAYS = ["%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y-%m-%d", "%d/%m/%y", "%d.%m.%y", "%d-%m-%y"]
_HOURS = ["%H:%M", "%H.%M", "%H:%M:%S"]

DATE_INPUT_FORMATS = _DAYS
TIME_INPUT_FORMATS = _HOURS
DATETIME_INPUT_FORMATS = [f"{day} {hour}" for day in _DAYS for hour in [*_HOURS, "%H:%M:%S.%f"]] + [
    f"{day}, {hour}" for day in _DAYS for hour in _HOURS
]
