"""Loads: forces on volumes and surfaces, pressure, thermal strain."""
