"""The report: one HTML file over all data sets."""
