"""The paper's claims, and the objections to them, judged from tables: `judges` says how, `__main__` has the list and the page."""
