"""Lessons about backpropagation: reading them, walking through them, asking and marking, on every kind of screen."""
