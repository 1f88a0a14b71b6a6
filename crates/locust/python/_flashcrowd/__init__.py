"""The child's side of flashcrowd: what joins Locust's names to the process that sends requests."""
