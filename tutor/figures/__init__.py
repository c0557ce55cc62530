"""The pictures of a lesson: what a step declares, worked out as plain numbers that every face shows in its way."""
