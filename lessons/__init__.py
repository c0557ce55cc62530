"""Data only: one folder a lesson, with its lesson.toml and the data beside it."""
