"""Where the states of a run are kept for its derivatives: all, some, in memory or in a folder."""
