"""The central API: what every till of a chain reports to and learns from.

It imports of the till only ``sync.protocol`` and the pure ``pos_desktop.domain``; ``docs/protocol.md`` says what it
answers.
"""
