"""Telling people: what is told, to whom, and over which way, each thing once."""
