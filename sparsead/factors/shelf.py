"""Shelf: the entries of one group, oldest first, found by a sample of their values."""

from __future__ import annotations

from sparsead.factors.entry import Entry


class Shelf:
    """Entries of one pattern, type and structure. Not locked: the store does that.

    Attributes
    ----------
    bytes_of_one : int
        Memory of the last entry whose memory is known. Unit: [byte].
    """

    def __init__(self) -> None:
        self.bytes_of_one = 0
        self._by_age: dict[int, Entry] = {}
        self._by_sample: dict[bytes, list[Entry]] = {}

    def __len__(self) -> int:
        return len(self._by_age)

    def __contains__(self, entry: Entry) -> bool:
        return self._by_age.get(entry.born) is entry

    def entries(self) -> list[Entry]:
        """Return all entries, oldest first."""
        return list(self._by_age.values())

    def candidates(self, sample: bytes) -> tuple[Entry, ...]:
        """Return the entries whose values may be the ones sampled, oldest first."""
        return tuple(self._by_sample.get(sample, ()))

    def add(self, entry: Entry) -> None:
        """Put the newest entry on the shelf."""
        self._by_age[entry.born] = entry
        self._by_sample.setdefault(entry.sample, []).append(entry)

    def remove(self, entry: Entry) -> None:
        """Take an entry off the shelf."""
        del self._by_age[entry.born]
        alike = self._by_sample[entry.sample]
        alike.remove(entry)
        if not alike:
            del self._by_sample[entry.sample]

    def dead(self, newest: int) -> list[Entry]:
        """Return the entries that nobody is expected to ask for again.

        Those not awaited, and not hit since the newest few came; one that keeps coming back is given one matrix longer.
        """
        entries = self.entries()
        if len(entries) <= newest:
            return []
        since, longer = entries[-newest].born, entries[-newest - 1].born
        return [entry for entry in entries if entry.is_dead(longer if entry.returning else since)]
