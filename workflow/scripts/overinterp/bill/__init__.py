"""What a config will cost: `networks` counts arithmetic, `rows` jobs and passes, `prices` their hours; `__main__` prints them.

Arithmetic is counted on networks without weights. Hours of named GPUs are estimates: the arithmetic divided by a device's
published rate, times the share of that rate that such work reaches. Hours of this machine are measured, each kind of work for a
few seconds (`overinterp.machine`).
"""
