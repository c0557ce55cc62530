"""Training beside the screen: a process of its own computes, the screen shows what it reports."""
