"""What is taught: a file that bears its name for every concept, a folder for every family."""
