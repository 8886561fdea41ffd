"""What is made of all models of a data set: the table of scores and the figures."""
