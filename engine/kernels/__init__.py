"""Compiled training. Imported only when a network is trained: everything here needs Numba.

Read in this order: `tiles` (matrix products), `layers` (activations), `heads` (losses at the last layer),
`rules` (optimizers), `order` (batches and shuffling), `network` (epochs of a dense network from these),
`logistic` (one unit, one row at a time) and `lanes` (many runs of one unit at once).
"""
