"""A study's answers, question by question: a sentence with its number, interval and n, the figure, and the table."""
