"""The paper's claims, and the objections to them, judged from tables: `evidence` lists them, `judges` says how, `page` writes."""
