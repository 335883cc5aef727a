"""What stands around the course: the command line and what it shows. Imports lessons; nothing imports it."""
