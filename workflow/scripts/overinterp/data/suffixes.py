"""Endings of files that are taken for pictures; apart from what reads them, for the plan imports no image library."""

SUFFIXES = (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp", ".gif")
