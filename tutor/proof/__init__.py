"""What `tutor check` proves of a lesson, a subject a module: each takes what it needs and adds to the findings."""
