"""daf query: finished scores, asked in SQL."""

from jobs.settings import QuerySettings
from jobs.verbs.calls import open_database
from jobs.verbs.shown import shown


def run(settings: QuerySettings) -> str:
    """The rows as text.

    Raises:
        SettingsError: the scores are not finished; `sql` is no SELECT, is wrong, or reads anything
            but the views.
        NotDone: a table cannot be read or written.
    """
    return shown(open_database(settings.scores).query(settings.sql), settings.to)
