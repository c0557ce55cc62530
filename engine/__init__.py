"""Numbers and derivatives: formulas, graphs, forward and backward passes. Knows no lesson, no learner, no screen."""
