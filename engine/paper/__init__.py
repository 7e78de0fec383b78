"""A trace on paper and in notebooks: worksheets, blanks, tables."""
